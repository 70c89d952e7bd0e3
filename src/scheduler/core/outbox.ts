import type { ArrayId, WorkerId } from '../../protocol/ids.ts';
import type { PackedValues } from '../../protocol/packed.ts';
import type { Ranges } from '../../protocol/ranges.ts';
import type { TaskFailure } from './task-array.ts';
import type { TaskRange } from './task-range.ts';
import type { TaskKind } from './task-state.ts';
import type { WorkerState } from './worker-state.ts';

/** One move of some tasks, and what caused it. Whoever records these decides how many to keep. */
export interface Step {
  readonly array: ArrayId;
  readonly start: number;
  readonly count: number;
  readonly from: TaskKind;
  readonly to: TaskKind;
  readonly cause: string;
}

/** What the scheduler core may ask of the outside world. The core does no I/O of its own. */
export interface Outbox {
  /** Hand tasks, all of one attempt, to a worker. */
  compute(worker: WorkerState, tasks: TaskRange, attempt: number): void;
  /** Ask a worker to give back what it has not started. */
  retract(worker: WorkerState): void;
  /** Tell a worker to stop tasks. What it says of them after that is late. */
  abandon(worker: WorkerId, array: ArrayId, ranges: Ranges): void;
  /** Tell a worker to delete values; `null`: and to forget the array. */
  free(worker: WorkerId, array: ArrayId, ranges: Ranges | null): void;
  /** Tell the client that made the tasks that their values are at a worker, or are at another one than before. */
  finished(tasks: TaskRange, worker: WorkerId, values: PackedValues | null): void;
  failed(tasks: TaskRange, failure: TaskFailure): void;
  /** What the client was told of the tasks holds no longer: they are computed again. */
  unfinished(tasks: TaskRange): void;
  /** A peer said something that no longer, or never, made sense. Counted and logged, never fatal. */
  dropped(peer: string, reason: string): void;
  moved(step: Step): void;
}
