/**
 * Where a task stands:
 *
 * - `waiting`: something that it needs has no value yet
 * - `ready`: could run, on a worker that has room
 * - `running`: handed to a worker, which may still have it queued
 * - `memory`: at least one worker holds its value
 * - `failed`: its error is known
 * - `released`: nobody wants its value; the description is kept, because something made from it may have to be made again
 */
export const TASK_KINDS = ['waiting', 'ready', 'running', 'memory', 'failed', 'released'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/**
 * Every move that a task may make. Checked at each move, and used by the tests to require that each edge is taken.
 */
export const TASK_EDGES = {
  waiting: ['ready', 'memory', 'failed', 'released'], // memory: a scattered value has arrived
  ready: ['running', 'waiting', 'failed', 'released'], // waiting: a value that it needs was lost
  running: ['memory', 'failed', 'ready', 'waiting', 'released'], // ready: given back, or its worker was lost
  memory: ['ready', 'waiting', 'failed', 'released'], // its last copy was lost: it runs again, or fails if it was scattered
  failed: ['ready', 'waiting', 'released'], // retried
  released: ['ready', 'waiting'], // needed again
} as const satisfies Record<TaskKind, readonly TaskKind[]>;

/** Kinds as they are stored in the columns of a task array. */
export const WAITING = 0;
export const READY = 1;
export const RUNNING = 2;
export const MEMORY = 3;
export const FAILED = 4;
export const RELEASED = 5;
export type KindCode = 0 | 1 | 2 | 3 | 4 | 5;

const LEGAL: readonly number[] = TASK_KINDS.map((from) =>
  TASK_EDGES[from].reduce((mask, to) => mask | (1 << TASK_KINDS.indexOf(to)), 0),
);

/** True if an edge joins the two. */
export function isLegalMove(from: number, to: KindCode): boolean {
  return ((LEGAL[from] ?? 0) & (1 << to)) !== 0;
}

/** Nothing more will happen to it unless somebody asks. */
export function isSettled(kind: number): boolean {
  return kind >= MEMORY;
}
