import type { PackedValues } from '../../protocol/packed.ts';
import type { Batch } from '../core/core.ts';

/** What a thread is given when it starts. Plain data; no secrets. */
export interface ThreadData {
  readonly rank: string;
  readonly host: string;
  readonly slot: number;
  /** `[bytes of output under way]`: a thread that prints faster than the worker passes on has to wait. */
  readonly outputFlow: Int32Array<SharedArrayBuffer>;
}

/** Most bytes of output that may be under way from one thread. */
export const OUTPUT_LIMIT = 1 << 20;

/** A batch with the counter from which the thread takes the next task; none for a single task, which cannot be taken back. */
export interface ThreadBatch extends Batch {
  readonly cursor: Int32Array<SharedArrayBuffer> | null;
}

export type ToThread =
  | { readonly kind: 'run'; readonly batch: ThreadBatch }
  | { readonly kind: 'abort'; readonly reason: string }
  | { readonly kind: 'forget'; readonly fn: string };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'results'; readonly batch: number; readonly ms: number; readonly values: PackedValues }
  | {
      readonly kind: 'failed';
      readonly batch: number;
      readonly code: string | null;
      readonly retry: boolean;
      readonly error: Uint8Array;
    }
  | {
      readonly kind: 'output';
      readonly array: number;
      readonly task: string;
      readonly stream: 'out' | 'err';
      readonly text: string;
    }
  | { readonly kind: 'late-error'; readonly array: number; readonly task: string; readonly error: string };
