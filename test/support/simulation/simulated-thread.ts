/** A thread of a simulated worker: runs one batch after the other, in virtual time, and says what came of it. */
import type { Batch } from '../../../src/worker/core/core.ts';
import type { FailureReport } from '../../../src/worker/core/outbox.ts';
import type { ExecutorEvents } from '../../../src/worker/executors/executor.ts';
import type { Random } from '../random.ts';
import { type Behaviour, type Behaviours, taskKey } from './behaviour.ts';
import { decode, mix, pack, textNumber, unpack } from './values.ts';
import { type VirtualTime, Wire } from './virtual-time.ts';

export interface ThreadWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly behaviours: Behaviours;
  readonly events: ExecutorEvents;
  /** Tasks that had a batch in a thread that ended: any of them may get the blame. */
  readonly crashed: Set<string>;
}

interface Job {
  readonly batch: Batch;
  claimed: number;
  isClosed: boolean;
  results: number[];
  ms: number;
}

export class SimulatedThread {
  readonly #world: ThreadWorld;
  readonly #slot: number;
  readonly #toThread: Wire;
  readonly #fromThread: Wire;
  readonly #functions = new Set<string>();
  readonly #jobs: Job[] = [];
  /** The batch that was sent last, even if it has not arrived. */
  #last: Job | undefined;
  /** Distinguishes the task that runs now from those before. */
  #running = 0;

  constructor(world: ThreadWorld, slot: number) {
    this.#world = world;
    this.#slot = slot;
    this.#toThread = new Wire(world.time, world.random, 2);
    this.#fromThread = new Wire(world.time, world.random, 0.2);
    this.#fromThread.send(() => world.events.ready(slot));
  }

  run(batch: Batch): void {
    const job: Job = { batch, claimed: 0, isClosed: false, results: [], ms: 0 };
    this.#last = job;
    if (this.#toThread.isCut) this.#noteCrashed(batch); // its worker has not heard yet
    this.#toThread.send(() => {
      if (batch.payload !== null) this.#functions.add(batch.fn);
      this.#jobs.push(job);
      if (this.#jobs.length === 1) this.#next();
    });
  }

  /** How many tasks of the last batch have started; no more will. A single task cannot be taken back. */
  closeBatch(): number {
    if (this.#last === undefined) return 0;
    if (this.#last.batch.count === 1) return 1;
    const { claimed, isClosed, batch } = this.#last;
    this.#last.isClosed = true;
    return isClosed ? batch.count : claimed;
  }

  abort(): void {
    this.#toThread.send(() => {
      const job = this.#jobs[0];
      if (job === undefined || !this.#behaviour(job).heedsAbort) return;
      this.#fail(job, 'aborted');
    });
  }

  forget(fn: string): void {
    this.#toThread.send(() => this.#functions.delete(fn));
  }

  /** The thread ends, and its worker hears of it. */
  die(): void {
    this.#running++;
    this.#toThread.isCut = true;
    this.#jobs.length = 0;
    if (this.#last !== undefined) this.#noteCrashed(this.#last.batch);
    const failure = { code: 'CRASHED', retry: false, error: new Uint8Array() };
    this.#fromThread.send(() => this.#world.events.died(this.#slot, failure));
  }

  /** The worker ends it: nothing more is heard of it. */
  end(): void {
    this.#running++;
    this.#toThread.isCut = true;
    this.#fromThread.isCut = true;
  }

  #next(): void {
    const job = this.#jobs[0];
    if (job === undefined) return;
    if ((job.isClosed && job.batch.count > 1) || job.claimed === job.batch.count) {
      this.#flush(job);
      this.#jobs.shift();
      return this.#next();
    }
    job.claimed++;
    if (!this.#functions.has(job.batch.fn)) return this.#fail(job, 'NEVER_SENT');
    const running = ++this.#running;
    this.#world.time.after(this.#behaviour(job).ms, () => {
      if (running === this.#running) this.#finish(job);
    });
  }

  #finish(job: Job): void {
    const behaviour = this.#behaviour(job);
    if (behaviour.crashes) {
      behaviour.crashes = false;
      return this.die();
    }
    if (behaviour.thrown < behaviour.throws) {
      behaviour.thrown++;
      return this.#fail(job, 'THROWN');
    }
    job.results.push(resultOf(job.batch, job.claimed - 1));
    job.ms += behaviour.ms;
    if (this.#world.random.below(2) === 0) this.#flush(job);
    this.#next();
  }

  #fail(job: Job, code: string): void {
    this.#flush(job);
    const failure: FailureReport = { code, retry: true, error: new Uint8Array() };
    this.#fromThread.send(() => this.#world.events.failed(this.#slot, job.batch.id, failure));
    this.#running++;
    this.#next();
  }

  #flush(job: Job): void {
    if (job.results.length === 0) return;
    const values = pack(job.results);
    const { ms, batch } = job;
    this.#fromThread.send(() => this.#world.events.results(this.#slot, batch.id, ms, values));
    job.results = [];
    job.ms = 0;
  }

  #noteCrashed({ array, start, count }: Batch): void {
    for (let i = start; i < start + count; i++) this.#world.crashed.add(taskKey(array, i));
  }

  #behaviour({ batch, claimed }: Job): Behaviour {
    return this.#world.behaviours.get(taskKey(batch.array, batch.start + claimed - 1)) as Behaviour;
  }
}

/** What a task returns: a number that depends on the function and on every one of its arguments. */
function resultOf({ fn, start, constants, items, shared, own }: Batch, offset: number): number {
  const item = items === null ? 0 : (unpack(items)[offset] as number);
  const needs = [...shared, ...(own[offset] ?? [])];
  return taskValue(
    { fn, index: start + offset, constant: decode(constants), item },
    needs.map((need) => unpack(need.values)),
  );
}

/** The same from the arguments themselves: what a sequential program would compute. */
export function taskValue(
  task: { readonly fn: string; readonly index: number; readonly constant: number; readonly item: number },
  needs: readonly (readonly number[])[],
): number {
  return mix([textNumber(task.fn), task.index, task.constant, task.item, ...needs.map(mix)]);
}
