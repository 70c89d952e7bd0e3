/** What a worker and the program of one of its slots say to each other. */
import type { PackedValues } from '../../protocol/packed.ts';
import type { Mark } from '../children/marks.ts';
import type { Batch } from '../core/core.ts';

/** What a slot's program is given when it starts. Plain data; no secrets. */
export interface SlotData {
  readonly rank: string;
  readonly host: string;
  /** Its own part of the environment: which device is its. */
  readonly env: Readonly<Record<string, string>>;
  /** Of this life of the slot. */
  readonly mark: Mark;
}

export type ToSlot =
  | { readonly kind: 'run'; readonly batch: Batch }
  | { readonly kind: 'abort'; readonly reason: string }
  | { readonly kind: 'forget'; readonly fn: string }
  /** Give up what was kept for the life of the slot, and say `disposed`. */
  | { readonly kind: 'dispose' };

export type FromSlot =
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
  | { readonly kind: 'late-error'; readonly array: number; readonly task: string; readonly error: string }
  /** A task that started processes has ended. */
  | { readonly kind: 'left'; readonly mark: Mark }
  /** There is something now to be disposed at the end. */
  | { readonly kind: 'keeps-state' }
  | { readonly kind: 'disposed' };

/** How a slot ended on its own. */
export type SlotEnd =
  | { readonly how: 'exited'; readonly code: number }
  | { readonly how: 'crashed'; readonly why: string }
  | { readonly how: 'out of memory' };

/** What an executor tells of one life of a slot. */
export interface SlotHandlers {
  message(message: FromSlot): void;
  /** Called once, last of all, unless the slot was killed. */
  ended(end: SlotEnd): void;
}

/** One life of a slot: a thread or a process. */
export interface SlotProgram {
  run(batch: Batch): void;
  /** Keeps it from starting further tasks of its batch. Returns how many of it have been started. */
  closeBatch(): number;
  post(message: Exclude<ToSlot, { kind: 'run' }>): void;
  /** Ends it whatever it does. Resolves when it has ended and its output was delivered. */
  kill(): Promise<void>;
}

export type StartSlot = (data: SlotData, handlers: SlotHandlers) => SlotProgram;
