import type { ArrayId, FunctionHash, WorkerId } from '../../protocol/ids.ts';
import type { Dependency } from '../../protocol/messages.ts';
import type { PackedValues } from '../../protocol/packed.ts';
import type { Batch } from './core.ts';

/** Tasks of one array and attempt. */
export interface TaskRun {
  readonly array: ArrayId;
  readonly start: number;
  readonly count: number;
  readonly attempt: number;
}

export interface FailureReport {
  readonly code: string | null;
  /** False: a further attempt would end the same way. */
  readonly retry: boolean;
  readonly error: Uint8Array;
}

/** What a worker's core may ask of the outside world. */
export interface WorkerOutbox {
  /** Start a thread; `onThreadReady` follows. */
  startSlot(slot: number): void;
  /** Start a batch on a thread. */
  run(slot: number, batch: Batch): void;
  /** Keep a thread from starting further tasks of its batch. Returns how many it has started. */
  closeBatch(slot: number): number;
  /** Tell the task that a thread runs to stop; if it has not after the grace period, `onGraceOver` follows. */
  abort(slot: number, batch: number, reason: string): void;
  /** End a thread, whatever it does, and start another in its place. */
  replace(slot: number): void;
  /** A thread may forget a function that no array uses any more. */
  forgetFunction(slot: number, fn: FunctionHash): void;
  /** Get values from another worker; `onFetched` or `onFetchFailed` follows. */
  fetch(key: string, dependency: Dependency, from: WorkerId): void;

  finished(tasks: TaskRun, ms: number, sizes: Float64Array, values: PackedValues | null): void;
  failed(task: TaskRun, failure: FailureReport): void;
  returned(tasks: TaskRun): void;
  retracted(): void;
  missing(tasks: TaskRun, dependency: Dependency, from: WorkerId): void;
  replica(array: ArrayId, start: number, count: number): void;
  /** The scheduler said something that makes no sense. Counted and logged, never fatal. */
  dropped(reason: string): void;
}
