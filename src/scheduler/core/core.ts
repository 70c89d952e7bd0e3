import type { ArrayId, FunctionHash, WorkerId } from '../../protocol/ids.ts';
import type { Outbox } from './outbox.ts';
import { ReadyQueues } from './ready-queue.ts';
import type { TaskArray } from './task-array.ts';
import type { WorkerState } from './worker-state.ts';

/**
 * All that the scheduler knows. The functions `on<Event>(core, …)` change it and push effects to `core.out`; they read
 * no clock and do no I/O, so that a cluster can be replayed and simulated.
 */
export interface Core {
  readonly arrays: Map<ArrayId, TaskArray>;
  readonly workers: Map<WorkerId, WorkerState>;
  /** Workers that may have room for more; of all others it is known that they have none. */
  readonly roomy: Set<WorkerState>;
  /** Slots of all workers. */
  totalSlots: number;
  readonly ready: ReadyQueues;
  /** What one task with this function takes, as seen lately; decides how many are handed over at once. */
  readonly taskMs: Map<FunctionHash, number>;
  /** What the event in hand still entails for other arrays; empty between events. */
  readonly consequences: (() => void)[];
  readonly limits: CoreLimits;
  readonly out: Outbox;
}

export interface CoreLimits {
  /** How many workers a task may take down before it is failed as the likely cause. */
  readonly allowedLosses: number;
}

export function newCore(out: Outbox, limits: Partial<CoreLimits> = {}): Core {
  return {
    arrays: new Map(),
    workers: new Map(),
    roomy: new Set(),
    totalSlots: 0,
    ready: new ReadyQueues(),
    taskMs: new Map(),
    consequences: [],
    limits: { allowedLosses: 3, ...limits },
    out,
  };
}
