import type { MemoryTable } from '../../store/rooms.ts';
import type { Batch } from '../core/core.ts';
import type { SlotData, ToSlot } from './slot-messages.ts';

/** What a thread is given when it starts. */
export interface ThreadData extends SlotData {
  /** `[characters of output under way]`: a thread that prints faster than the worker passes on has to wait. */
  readonly outputFlow: Int32Array<SharedArrayBuffer>;
  /** Memory of results that the worker has not taken over. */
  readonly memories: MemoryTable;
}

/** A batch with the counter from which the thread takes the next task; none for a single task, which cannot be taken back. */
export interface ThreadBatch extends Batch {
  readonly cursor: Int32Array<SharedArrayBuffer> | null;
}

export type ToThread = Exclude<ToSlot, { kind: 'run' }> | { readonly kind: 'run'; readonly batch: ThreadBatch };
