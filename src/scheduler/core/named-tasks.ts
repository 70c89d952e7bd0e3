/** Tasks counted for a message to users, with the names of the first few. */
import { type TaskArray, taskName } from './task-array.ts';
import type { TaskRange } from './task-range.ts';

export interface NamedTasks {
  count: number;
  readonly names: string[];
}

/** More of them nobody reads. */
const MOST_NAMES = 3;

export function noTasks(): NamedTasks {
  return { count: 0, names: [] };
}

/** Adds those of the tasks that are meant. */
export function addTasks(
  to: NamedTasks,
  { array, start, count }: TaskRange,
  isMeant: (array: TaskArray, index: number) => boolean = () => true,
): void {
  for (let i = start; i < start + count; i++) {
    if (!isMeant(array, i)) continue;
    to.count++;
    if (to.names.length < MOST_NAMES) to.names.push(taskName(array, i));
  }
}

/** Adds what was counted elsewhere. */
export function addCounted(to: NamedTasks, { count, names }: NamedTasks): void {
  to.count += count;
  to.names.push(...names.slice(0, MOST_NAMES - to.names.length));
}
