/**
 * How much work a worker is given at once: enough to stay busy for a few milliseconds, so that the way to the scheduler
 * and back costs nothing, and no more, so that work is there for whoever is idle.
 */

/** Work to keep queued per slot. Several times the round trip on a busy machine (about 1 ms). */
export const QUEUED_MS = 8;
/** Bounds the size of one message, and the time it takes to handle it. */
const MOST_TASKS = 4096;

export interface Room {
  readonly slots: number;
  readonly outstanding: number;
  readonly outstandingMs: number;
}

/**
 * True if the worker would soon run out of work. It is filled up only when half of its queue is gone: filled up at once, each
 * task that ends would bring one new task, and a million tasks a million messages.
 */
export function hasRoom({ slots, outstanding, outstandingMs }: Room): boolean {
  return outstanding < slots || (outstandingMs < (slots * QUEUED_MS) / 2 && outstanding < MOST_TASKS);
}

/**
 * How many tasks to hand to a worker that has room.
 *
 * @param taskMs what one task is expected to take, if it is known
 * @param waiting how many tasks there are to hand out; towards the end shares get smaller, so that all workers end together
 * @param totalSlots slots of all workers
 */
export function shareOf(room: Room, taskMs: number | undefined, waiting: number, totalSlots: number): number {
  const freeSlots = Math.max(1, room.slots - room.outstanding);
  if (taskMs === undefined) return Math.min(freeSlots, waiting);
  const freeMs = room.slots * QUEUED_MS - room.outstandingMs;
  const inTime = Math.floor(freeMs / Math.max(taskMs, 0.0005));
  const fair = Math.ceil((waiting * room.slots) / (2 * totalSlots));
  return Math.max(1, Math.min(waiting, MOST_TASKS, Math.max(freeSlots, Math.min(inTime, fair))));
}

/** What to reckon a task at when it is handed over: an unknown one fills a slot. */
export function expectedMs(taskMs: number | undefined): number {
  return taskMs ?? QUEUED_MS;
}
