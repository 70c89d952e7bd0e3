/** Copies of values beside the main one, which is where `workers` of the task array says. */
import type { WorkerId } from '../../protocol/ids.ts';
import { Ranges } from '../../protocol/ranges.ts';
import type { Core } from './core.ts';
import type { TaskArray } from './task-array.ts';
import { byWorker, type TaskRange } from './task-range.ts';
import { MEMORY } from './task-state.ts';

export function addCopies({ array, start, count }: TaskRange, worker: WorkerId): void {
  const held = array.copies.get(worker);
  if (held === undefined) array.copies.set(worker, Ranges.of(start, count));
  else held.add(start, count);
  array.toldTo.add(worker);
}

export function forgetCopies({ array, start, count }: TaskRange, worker: WorkerId): void {
  const held = array.copies.get(worker);
  held?.remove(start, count);
  if (held?.size === 0) array.copies.delete(worker);
}

/** Is a worker known to have the value, as the main holder or besides? */
export function holdsValue(array: TaskArray, index: number, worker: WorkerId): boolean {
  if (array.kinds[index] !== MEMORY) return false;
  return array.workers[index] === worker || (array.copies.get(worker)?.has(index) ?? false);
}

/** A worker that has a further copy of a value. */
export function copyHolder(array: TaskArray, index: number): WorkerId | undefined {
  for (const [worker, held] of array.copies) if (held.has(index)) return worker;
  return undefined;
}

/** Tells all who hold values of these tasks to delete them. */
export function freeCopies(core: Core, tasks: TaskRange): void {
  const { array, start, count } = tasks;
  const holders = byWorker(tasks);
  for (const [worker, held] of array.copies) {
    if (!held.touches(start, count)) continue;
    holders.set(worker, Ranges.of(start, count));
    forgetCopies(tasks, worker);
  }
  for (const [worker, ranges] of holders) if (core.workers.has(worker)) core.out.free(worker, array.id, ranges);
}
