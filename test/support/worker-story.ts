/** A worker core with short words for what happens to it, for tests. Every event is followed by a look at the invariants. */
import type { Dependency, Source } from '../../src/protocol/messages.ts';
import type { PackedValues } from '../../src/protocol/packed.ts';
import { Ranges } from '../../src/protocol/ranges.ts';
import { HeapStore } from '../../src/store/store.ts';
import { type Batch, newWorkerCore, type WorkerCore } from '../../src/worker/core/core.ts';
import { onFetchFailed } from '../../src/worker/core/fetches.ts';
import { checkInvariants } from '../../src/worker/core/invariants.ts';
import * as scheduler from '../../src/worker/core/on-scheduler.ts';
import * as thread from '../../src/worker/core/on-thread.ts';
import type { FailureReport, TaskRun, WorkerOutbox } from '../../src/worker/core/outbox.ts';

/** Records what the worker's core asked for, in words; what is not taken by the end of a test is a failure. */
export class RecordingWorkerOutbox implements WorkerOutbox {
  /** The last batch of each slot, and how many tasks of it the thread says it has started. */
  readonly batches = new Map<number, Batch>();
  readonly started = new Map<number, number>();
  readonly values: (PackedValues | null)[] = [];
  #asked: string[] = [];

  startSlot(slot: number): void {
    this.#asked.push(`start ${slot}`);
  }

  run(slot: number, batch: Batch): void {
    this.batches.set(slot, batch);
    this.started.set(slot, 1);
    this.#asked.push(`run ${nameOf(batch)} in ${slot}${batch.payload === null ? '' : ' with the function'}`);
  }

  closeBatch(slot: number): number {
    return this.started.get(slot) ?? 0;
  }

  abort(slot: number): void {
    this.#asked.push(`abort ${slot}`);
  }

  replace(slot: number): void {
    this.#asked.push(`replace ${slot}`);
  }

  forgetFunction(slot: number, fn: string): void {
    this.#asked.push(`forget ${fn} in ${slot}`);
  }

  fetch(_key: string, { array, start, count }: Dependency, from: number): void {
    this.#asked.push(`fetch ${nameOf({ array, start, count })} from ${from}`);
  }

  finished(tasks: TaskRun, _ms: number, _sizes: Float64Array, values: PackedValues | null): void {
    this.values.push(values);
    this.#asked.push(`finished ${nameOf(tasks)}`);
  }

  failed(task: TaskRun, { code }: FailureReport): void {
    this.#asked.push(`failed ${nameOf(task)}: ${code}`);
  }

  returned(tasks: TaskRun): void {
    this.#asked.push(`returned ${nameOf(tasks)}`);
  }

  retracted(): void {
    this.#asked.push('retracted');
  }

  missing(tasks: TaskRun, { array, start, count }: Dependency, from: number): void {
    this.#asked.push(`returned ${nameOf(tasks)}: no ${nameOf({ array, start, count })} at ${from}`);
  }

  replica(array: number, start: number, count: number): void {
    this.#asked.push(`copied ${nameOf({ array, start, count })}`);
  }

  dropped(reason: string): void {
    this.#asked.push(`dropped: ${reason}`);
  }

  take(): string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }
}

export interface Asked {
  /** Describe the array, with what all its tasks need; `send`: and its function. */
  readonly describe?: boolean;
  readonly send?: boolean;
  readonly shared?: readonly Source[];
  readonly own?: readonly (readonly Source[])[];
  readonly fn?: string;
  readonly timeoutMs?: number;
  readonly attempt?: number;
  readonly inlineBytes?: number;
}

export class WorkerStory {
  readonly out = new RecordingWorkerOutbox();
  readonly core: WorkerCore;

  /** @param unstarted slots that start when they are wanted; `threads` adds some that are there already */
  constructor(unstarted = 0) {
    this.core = newWorkerCore(new HeapStore(), this.out, unstarted);
  }

  threads(count: number): void {
    for (let slot = 0; slot < count; slot++) this.#event(() => thread.onThreadReady(this.core, slot));
  }

  compute(array: number, [start, count]: readonly [number, number], asked: Asked = {}): void {
    const { describe = true, send = true, shared = [], own = [], fn = 'f', timeoutMs = 0, ...rest } = asked;
    const message = {
      ...{ array, start, count, attempt: 0, inlineBytes: 0, items: null, own: own.map((list) => [...list]), ...rest },
      spec: describe ? { name: `t${array}`, single: count === 1, fn, shared: [...shared], timeoutMs } : null,
      constants: describe ? new Uint8Array(1) : null,
      payload: send ? new Uint8Array(1) : null,
    };
    this.#event(() => scheduler.onCompute(this.core, message));
  }

  retract(): void {
    this.#event(() => scheduler.onRetract(this.core));
  }

  abandon(array: number, start: number, count: number): void {
    this.#event(() => scheduler.onAbandon(this.core, array, Ranges.of(start, count)));
  }

  free(array: number, ...range: [start: number, count: number] | []): void {
    const [start, count] = range;
    const ranges = start === undefined || count === undefined ? null : Ranges.of(start, count);
    this.#event(() => scheduler.onFree(this.core, array, ranges));
  }

  fetched(key: string, ...sizes: number[]): void {
    this.#event(() => scheduler.onFetched(this.core, key, [packedOf(sizes)]));
  }

  fetchFailed(key: string): void {
    this.#event(() => onFetchFailed(this.core, key));
  }

  /** The thread has results of the next tasks, of so many bytes each. */
  results(slot: number, sizes: readonly number[], ms = 1): void {
    const batch = this.out.batches.get(slot)?.id ?? 0;
    this.#event(() => thread.onResults(this.core, slot, batch, { ms: ms * sizes.length, values: packedOf(sizes) }));
  }

  error(slot: number): void {
    const batch = this.out.batches.get(slot)?.id ?? 0;
    this.#event(() => thread.onTaskError(this.core, slot, batch, failure('THROWN')));
  }

  died(slot: number): void {
    this.#event(() => thread.onThreadDied(this.core, slot, failure('CRASHED')));
  }

  timeout(slot: number, batch = this.out.batches.get(slot)?.id ?? 0): void {
    this.#event(() => thread.onTimeout(this.core, slot, batch, failure('LATE')));
  }

  graceOver(slot: number, batch = this.out.batches.get(slot)?.id ?? 0): void {
    this.#event(() => thread.onGraceOver(this.core, slot, batch));
  }

  /** Slot 0 runs tasks 1 … count of array 1 as one batch: task 0 went before, and was short. */
  runBatch(count: number): void {
    this.threads(1);
    this.compute(1, [0, count + 1]);
    this.results(0, [1], 0.001);
    this.out.take();
  }

  #event(happen: () => void): void {
    happen();
    checkInvariants(this.core);
  }
}

/** A value that one worker holds, or a stretch of them. */
export function held(array: number, [start, count]: readonly [number, number], ...workers: number[]): Source {
  const holders =
    workers.length === 1 ? [start, count, workers[0] as number] : workers.flatMap((id, i) => [start + i, 1, id]);
  return { array, start, count, whole: count > 1, holders };
}

export function packedOf(sizes: readonly number[]): PackedValues {
  let end = 0;
  const ends = Uint32Array.from(sizes, (size) => {
    end += size;
    return end;
  });
  return { bytes: new Uint8Array(end).fill(7), ends };
}

function failure(code: string): FailureReport {
  return { code, retry: true, error: new Uint8Array() };
}

function nameOf({ array, start, count }: Omit<TaskRun, 'attempt'>): string {
  return `${array}:${Array.from({ length: count }, (_, i) => start + i)}`;
}
