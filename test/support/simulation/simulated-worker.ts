/** A worker of a simulated cluster: the real core, store and outbox, with threads and connections in virtual time. */
import type { Dependency, SchedulerToWorker, WorkerInfo, WorkerToScheduler } from '../../../src/protocol/messages.ts';
import { HeapStore, packStored } from '../../../src/store/store.ts';
import { newWorkerCore, type WorkerCore } from '../../../src/worker/core/core.ts';
import { onFetchFailed } from '../../../src/worker/core/fetches.ts';
import { checkInvariants } from '../../../src/worker/core/invariants.ts';
import { onFetched } from '../../../src/worker/core/on-scheduler.ts';
import {
  onGraceOver,
  onResults,
  onTaskError,
  onThreadDied,
  onThreadReady,
  onTimeout,
} from '../../../src/worker/core/on-thread.ts';
import type { Executor, ExecutorEvents } from '../../../src/worker/executors/executor.ts';
import { MessageWorkerOutbox } from '../../../src/worker/outbox.ts';
import { applySchedulerMessage } from '../../../src/worker/scheduler-messages.ts';
import type { Random } from '../random.ts';
import type { Behaviours } from './behaviour.ts';
import { SimulatedThread } from './simulated-thread.ts';
import { type VirtualTime, Wire } from './virtual-time.ts';

const GRACE_MS = 30;

export interface WorkerWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly behaviours: Behaviours;
  readonly crashed: Set<string>;
  /** The worker that may be asked for values, if it is still there and can be reached just now. */
  reach(id: number): SimulatedWorker | undefined;
}

export class SimulatedWorker {
  readonly info: WorkerInfo;
  readonly core: WorkerCore;
  /** The connection to the scheduler, one way and the other. */
  readonly toScheduler: Wire;
  readonly fromScheduler: Wire;
  readonly threads = new Map<number, SimulatedThread>();
  readonly #world: WorkerWorld;

  constructor(info: WorkerInfo, world: WorkerWorld, told: (message: WorkerToScheduler) => void) {
    this.info = info;
    this.#world = world;
    this.toScheduler = new Wire(world.time, world.random, 1);
    this.fromScheduler = new Wire(world.time, world.random, 1);
    const send = (message: WorkerToScheduler): void => this.toScheduler.send(() => told(message));
    this.core = newWorkerCore(new HeapStore(), this.#newOutbox(send), info.slots);
  }

  hear(message: SchedulerToWorker): void {
    if (message.type === 'welcome' || message.type === 'workers' || message.type === 'stop') return;
    this.fromScheduler.send(() => this.#event(() => applySchedulerMessage(this.core, message)));
  }

  /** The process is gone, and with it all that it held and had not said. */
  kill(): void {
    this.toScheduler.isCut = true;
    this.fromScheduler.isCut = true;
    for (const thread of this.threads.values()) thread.end();
  }

  #event(happen: () => void): void {
    if (this.fromScheduler.isCut) return;
    happen();
    checkInvariants(this.core);
  }

  #startThread(slot: number): void {
    this.threads.get(slot)?.end();
    this.threads.set(slot, new SimulatedThread({ ...this.#world, events: this.#events }, slot));
  }

  readonly #events: ExecutorEvents = {
    ready: (slot) => this.#event(() => onThreadReady(this.core, slot)),
    results: (slot, batch, ms, values) => this.#event(() => onResults(this.core, slot, batch, { ms, values })),
    failed: (slot, batch, failure) => this.#event(() => onTaskError(this.core, slot, batch, failure)),
    died: (slot, failure) => this.#event(() => onThreadDied(this.core, slot, failure)),
    output: () => {},
    lateError: () => {},
  };

  #newOutbox(send: (message: WorkerToScheduler) => void): MessageWorkerOutbox {
    const { time } = this.#world;
    const late = { code: 'ERR_DEADLINE', retry: true, error: new Uint8Array() };
    return new SimulatedOutbox((key, dependency, from) => this.#fetch(key, dependency, from), {
      executor: this.#executor,
      startSlot: (slot) => this.#startThread(slot),
      send,
      fetch: () => Promise.reject(new Error('fetches go another way here')),
      fetched: () => {},
      fetchFailed: () => {},
      startTimeout: (slot, { id, timeoutMs }) =>
        time.after(timeoutMs, () => this.#event(() => onTimeout(this.core, slot, id, late))),
      startGrace: (slot, batch) => time.after(GRACE_MS, () => this.#event(() => onGraceOver(this.core, slot, batch))),
      log: () => {},
    });
  }

  get #executor(): Executor {
    const thread = (slot: number): SimulatedThread => this.threads.get(slot) as SimulatedThread;
    return {
      start: () => {},
      startSlot: (slot) => this.#startThread(slot),
      run: (slot, batch) => thread(slot).run(batch),
      closeBatch: (slot) => thread(slot).closeBatch(),
      abort: (slot) => thread(slot).abort(),
      replace: (slot) => this.#startThread(slot),
      forgetFunction: (slot, fn) => thread(slot).forget(fn),
      close: () => Promise.resolve(),
    };
  }

  /** Asks another worker, which may be gone by then, or not have the values any more. They come in one block or in several. */
  #fetch(key: string, { array, start, count }: Dependency, from: number): void {
    const { time, random } = this.#world;
    time.after(random.next() * 2, () => {
      const holder = from === this.info.id ? undefined : this.#world.reach(from);
      const cut = random.below(count + 1);
      const ranges = [
        { start, count: cut },
        { start: start + cut, count: count - cut },
      ].filter((range) => range.count > 0);
      const blocks = ranges
        .map((range) => holder && packStored(holder.core.store, array, range))
        .filter((block) => block !== undefined);
      time.after(random.next() * 2, () =>
        this.#event(() =>
          blocks.length === ranges.length ? onFetched(this.core, key, blocks) : onFetchFailed(this.core, key),
        ),
      );
    });
  }
}

type Fetch = MessageWorkerOutbox['fetch'];

class SimulatedOutbox extends MessageWorkerOutbox {
  readonly #fetch: Fetch;

  constructor(fetch: Fetch, wiring: ConstructorParameters<typeof MessageWorkerOutbox>[0]) {
    super(wiring);
    this.#fetch = fetch;
  }

  override fetch(...what: Parameters<Fetch>): void {
    this.#fetch(...what);
  }
}
