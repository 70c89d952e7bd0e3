/** Stretches of tasks, and the one function that moves them from state to state. */
import { RolecallError } from '../../errors.ts';
import { Ranges } from '../../protocol/ranges.ts';
import type { Outbox } from './outbox.ts';
import { type TaskArray, taskName } from './task-array.ts';
import {
  FAILED,
  isLegalMove,
  isSettled,
  type KindCode,
  MEMORY,
  READY,
  RELEASED,
  RUNNING,
  TASK_KINDS,
} from './task-state.ts';

/** Tasks `start … start + count` of an array. */
export interface TaskRange {
  readonly array: TaskArray;
  readonly start: number;
  readonly count: number;
}

export function allTasks(array: TaskArray): TaskRange {
  return { array, start: 0, count: array.count };
}

export function oneTask(array: TaskArray, index: number): TaskRange {
  return { array, start: index, count: 1 };
}

/**
 * Moves tasks, which must all be in one state, and records why. The one place that writes `kinds`. An illegal move is a
 * fault of this package, so it throws.
 */
export function moveTasks(out: Outbox, { array, start, count }: TaskRange, to: KindCode, cause: string): void {
  const from = array.kinds[start] as KindCode;
  const step = { array: array.id, start, count, from: TASK_KINDS[from], to: TASK_KINDS[to], cause };
  if (!isLegalMove(from, to)) {
    const text = `Cannot move task ${taskName(array, start)} from ${step.from} to ${step.to} on ${cause}`;
    throw new RolecallError('ERR_ILLEGAL_MOVE', text);
  }
  array.kinds.fill(to, start, start + count);
  if (from === READY) array.ready.remove(start, count);
  if (to === READY) array.ready.add(start, count);
  if (from === MEMORY) array.inMemory -= count;
  if (to === MEMORY) array.inMemory += count;
  if (from === RELEASED) array.released -= count;
  if (to === RELEASED) array.released += count;
  if (to !== RUNNING && to !== MEMORY) array.workers.fill(-1, start, start + count);
  if (from === FAILED) for (let i = start; i < start + count; i++) array.failures.delete(i);
  array.unsettled += (isSettled(to) ? 0 : count) - (isSettled(from) ? 0 : count);
  out.moved(step);
}

/** Splits tasks into stretches of neighbours for which `keyOf` says the same; `visit` may move them. */
export function eachStretch<Key>(
  { array, start, count }: TaskRange,
  keyOf: (index: number) => Key,
  visit: (key: Key, stretch: TaskRange) => void,
): void {
  const end = Math.min(start + count, array.count);
  for (let at = start; at < end; ) {
    const key = keyOf(at);
    let next = at + 1;
    while (next < end && keyOf(next) === key) next++;
    visit(key, { array, start: at, count: next - at });
    at = next;
  }
}

/** Splits tasks into stretches of one state. */
export function eachRun(tasks: TaskRange, visit: (kind: number, run: TaskRange) => void): void {
  const { kinds } = tasks.array;
  eachStretch(tasks, (index) => kinds[index] as number, visit);
}

/** Tasks by the worker that runs them or holds their values. */
export function byWorker(tasks: TaskRange): Map<number, Ranges> {
  const { workers } = tasks.array;
  const ranges = new Map<number, Ranges>();
  eachStretch(
    tasks,
    (index) => workers[index] as number,
    (id, { start, count }) => {
      const known = ranges.get(id);
      if (known === undefined) ranges.set(id, Ranges.of(start, count));
      else known.add(start, count);
    },
  );
  return ranges;
}
