/** What a rank and the process that does MPI for it say to each other. */
import type { MpiFamily } from './libraries.ts';

export interface ExchangeRequest {
  /** Names or paths; the first one that can be used is. */
  readonly libraries: readonly string[];
  /** What the library must be; null if the user named it, and so answers for it. */
  readonly family: MpiFamily | null;
  /** As the launcher's variables say. MPI must say the same. */
  readonly rank: number;
  readonly size: number;
  /** The rank whose text goes to all. */
  readonly root: number;
  /** On the root. */
  readonly text: string | null;
}

export type ExchangeAnswer =
  | { readonly kind: 'met'; readonly text: string }
  /** MPI was not started: the ranks must meet in another way. */
  | { readonly kind: 'no library'; readonly why: string }
  /** It is the library of another launcher. */
  | { readonly kind: 'another world'; readonly library: string; readonly rank: number; readonly size: number }
  | { readonly kind: 'failed'; readonly library: string; readonly why: string };

/** Before the answer, on a line of its own. */
export const ANSWER = 'rolecall-mpi:';

/** A contact is a kilobyte. */
export const MOST_BYTES = 1 << 20;
