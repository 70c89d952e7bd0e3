import type { ArrayId, FunctionHash, WorkerId } from '../../protocol/ids.ts';
import type { ArraySpec, Dependency, Source } from '../../protocol/messages.ts';
import type { PackedValues } from '../../protocol/packed.ts';
import { UseCounts } from '../../protocol/use-counts.ts';
import type { Store } from '../../store/store.ts';
import type { WorkerOutbox } from './outbox.ts';

/** What a worker knows of a task array. */
export interface KnownArray {
  readonly spec: ArraySpec;
  readonly constants: Uint8Array;
}

/** Tasks of one attempt that came together and have not been handed to a thread. */
export interface Unit {
  readonly array: ArrayId;
  /** The next task to hand out, and how many there are from it on. */
  start: number;
  count: number;
  readonly attempt: number;
  /** The task that the first of `items` and of `own` belong to. */
  readonly firstTask: number;
  readonly items: PackedValues | null;
  readonly own: readonly (readonly Source[])[];
  readonly inlineBytes: number;
  /** Fetches that it waits for. */
  readonly waitingFor: Set<string>;
}

/** The values that stand for one dependency: one value, or a list of them. */
export interface DependencyValues {
  readonly whole: boolean;
  readonly values: PackedValues;
}

/** Tasks handed to one thread at once. */
export interface Batch {
  readonly id: number;
  readonly array: ArrayId;
  readonly name: string;
  /** The array has one task, which then is called like the array in messages. */
  readonly single: boolean;
  readonly start: number;
  readonly count: number;
  readonly attempt: number;
  readonly fn: FunctionHash;
  /** The function itself, if this thread has not had it. */
  readonly payload: Uint8Array | null;
  readonly constants: Uint8Array;
  readonly shared: readonly DependencyValues[];
  readonly items: PackedValues | null;
  readonly own: readonly (readonly DependencyValues[])[];
  readonly timeoutMs: number;
  readonly inlineBytes: number;
}

/** A thread that was started, seen from the core. */
export type Slot =
  | { readonly kind: 'starting'; readonly id: number }
  | { readonly kind: 'idle'; readonly id: number; readonly functions: Set<FunctionHash> }
  | RunningSlot;

/** A thread that runs a batch. `done` counts the tasks of the batch that it has spoken of. */
export interface RunningSlot {
  readonly kind: 'running';
  readonly id: number;
  readonly functions: Set<FunctionHash>;
  readonly batch: Batch;
  done: number;
  /** Tasks of the batch that will run; fewer than `batch.count` after some were taken back. */
  limit: number;
  /** Offsets of tasks of which nothing is to be said any more. */
  readonly abandoned: Set<number>;
}

/** A request for values to another worker, and who waits for them. */
export interface Fetch {
  readonly dependency: Dependency;
  readonly from: WorkerId;
  readonly units: Set<Unit>;
}

/** All that a worker's core knows. Events change it and push effects to `out`; it does no I/O and reads no clock. */
export interface WorkerCore {
  readonly arrays: Map<ArrayId, KnownArray>;
  readonly functions: Map<FunctionHash, Uint8Array>;
  /** How many known arrays use a function. */
  readonly users: UseCounts<FunctionHash>;
  /** What a task with this function takes here, in milliseconds. */
  readonly taskMs: Map<FunctionHash, number>;
  readonly ready: Unit[];
  /** Units that wait for a value, by fetch. */
  readonly fetches: Map<string, Fetch>;
  /** Those that were started. */
  readonly slots: Map<number, Slot>;
  /** The ids of those that were not: nothing was there for them yet. */
  readonly unstarted: number[];
  readonly store: Store;
  readonly out: WorkerOutbox;
  nextBatch: number;
}

/** @param slots how many tasks may run at once */
export function newWorkerCore(store: Store, out: WorkerOutbox, slots: number): WorkerCore {
  return {
    arrays: new Map(),
    functions: new Map(),
    users: new UseCounts(),
    taskMs: new Map(),
    ready: [],
    fetches: new Map(),
    slots: new Map(),
    unstarted: Array.from({ length: slots }, (_, id) => id),
    store,
    out,
    nextBatch: 1,
  };
}
