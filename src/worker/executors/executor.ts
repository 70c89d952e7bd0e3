import type { PackedValues } from '../../protocol/packed.ts';
import type { Batch } from '../core/core.ts';
import type { FailureReport } from '../core/outbox.ts';

/** What an executor tells the worker. Each is called from the event loop, never from inside a call of the executor. */
export interface ExecutorEvents {
  /** A slot came up, because it was started or in the place of one that ended. */
  ready(slot: number): void;
  /** The next tasks of the batch have results, in order. */
  results(slot: number, batch: number, ms: number, values: PackedValues): void;
  /** The next task of the batch failed. */
  failed(slot: number, batch: number, failure: FailureReport): void;
  /** The slot ended on its own, taking down whatever it ran. The worker answers with `replace`. */
  died(slot: number, failure: FailureReport): void;
  /** A task printed something. Delivered before anything else is said of the slot that comes after it. */
  output(array: number, task: string, stream: 'out' | 'err', text: string): void;
  /** A task that had ended already threw, say in a timer. No other task is to blame. */
  lateError(array: number, task: string, error: string): void;
}

/**
 * Where user code runs: slots, each of which runs one batch of tasks at a time, one task after the other. The
 * worker's main thread never runs user code. `threads` is one implementation.
 */
export interface Executor {
  /** Says who is to be told; called once, first of all. */
  start(events: ExecutorEvents): void;
  /** Starts a slot, which announces itself by `ready`. */
  startSlot(slot: number): void;
  /** Starts a batch on an idle slot. */
  run(slot: number, batch: Batch): void;
  /** Keeps a slot from starting further tasks of its batch. Returns how many of it have been started. */
  closeBatch(slot: number): number;
  /** Fires the `AbortSignal` of the task that a slot runs. Nothing happens if the task does not look at it. */
  abort(slot: number, reason: string): void;
  /** Ends a slot whatever it does, and starts another in its place. */
  replace(slot: number): void;
  forgetFunction(slot: number, fn: string): void;
  /** Ends all slots. Resolves when they have ended and their output was delivered. */
  close(): Promise<void>;
}
