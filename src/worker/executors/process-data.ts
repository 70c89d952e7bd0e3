import type { ToSlot } from './slot-messages.ts';

/** What a process is given when it starts, as JSON. It takes it out of its environment before anything else runs. */
export const SLOT_VARIABLE = 'ROLECALL_SLOT';

export type ToProcess =
  | ToSlot
  /** Start the next task of the batch. */
  | { readonly kind: 'go' }
  /** There is no next task. */
  | { readonly kind: 'close' };
