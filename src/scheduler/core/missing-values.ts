/**
 * `sharedMissing` and `ownMissing` count at every moment how many sources of a task have no value, whatever state the task is
 * in; what waits for nothing more becomes ready.
 */
import type { Dependency } from '../../protocol/messages.ts';
import type { Core } from './core.ts';
import { zipped } from './dependencies.ts';
import { type Consumers, hasAllValues, type TaskArray } from './task-array.ts';
import { allTasks, eachRun, eachStretch, moveTasks, oneTask, type TaskRange } from './task-range.ts';
import { MEMORY, READY, WAITING } from './task-state.ts';

/** Counts what a new array lacks. */
export function countMissing(core: Core, array: TaskArray): void {
  array.sharedMissing = array.shared.filter((need) => !hasValue(core, need)).length;
  const { own, zip, ownMissing } = array;
  if (ownMissing === null) return;
  for (const [index, needs] of own) ownMissing[index] = needs.filter((need) => !hasValue(core, need)).length;
  if (zip === null) return;
  const kinds = core.arrays.get(zip.array)?.kinds;
  for (let i = 0; i < array.count; i++) if (kinds?.[zip.start + i] !== MEMORY) changeOwnMissing(array, i, 1);
}

/** Tasks have come into memory; call after the move. */
export function onValuesGained(core: Core, tasks: TaskRange): void {
  changeMissing(core, tasks, -1);
  const { array } = tasks;
  if (array.inMemory === array.count) changeMissingOf(core, array.wholeConsumers, -1);
}

/** Tasks have lost their values; call after the move. */
export function onValuesLost(core: Core, tasks: TaskRange): void {
  changeMissing(core, tasks, 1);
  const { array, count } = tasks;
  if (array.inMemory + count === array.count) changeMissingOf(core, array.wholeConsumers, 1);
}

/** Moves tasks between waiting and ready as their counters now say. */
export function settleWaiting(core: Core, tasks: TaskRange): void {
  const { array } = tasks;
  eachRun(tasks, (kind, run) => {
    if (kind !== WAITING && kind !== READY) return;
    eachStretch(
      run,
      (index) => (hasAllValues(array, index) ? READY : WAITING),
      (to, stretch) => {
        if (to !== kind) moveTasks(core.out, stretch, to, to === READY ? 'values-gained' : 'values-lost');
      },
    );
  });
  if (array.ready.size > 0) core.ready.add(array);
}

function hasValue(core: Core, { array, start, whole }: Dependency): boolean {
  const source = core.arrays.get(array);
  if (source === undefined) return false; // the server refuses such messages; then the task waits for ever, visibly
  return whole ? source.inMemory === source.count : source.kinds[start] === MEMORY;
}

function changeMissing(core: Core, { array: source, start, count }: TaskRange, by: 1 | -1): void {
  for (const zip of source.zipConsumers) {
    const tasks = zipped(zip, start, count);
    for (let i = tasks.start; i < tasks.start + tasks.count; i++) changeOwnMissing(zip.array, i, by);
    if (tasks.count > 0) settleWaiting(core, tasks);
  }
  if (source.taskConsumers.size === 0) return;
  for (let i = start; i < start + count; i++) {
    const consumers = source.taskConsumers.get(i);
    if (consumers !== undefined) changeMissingOf(core, consumers, by);
  }
}

function changeMissingOf(core: Core, { members }: Consumers, by: 1 | -1): void {
  const crossing = by === 1 ? 1 : 0; // only the first that is missing, or the last that has come, moves anything
  for (const { array, index } of members) {
    if (index !== null) {
      if (changeOwnMissing(array, index, by) === crossing) settleWaiting(core, oneTask(array, index));
    } else {
      array.sharedMissing += by;
      if (array.sharedMissing === crossing) settleWaiting(core, allTasks(array));
    }
  }
}

function changeOwnMissing(array: TaskArray, index: number, by: 1 | -1): number {
  if (array.ownMissing === null) return 0;
  const missing = (array.ownMissing[index] as number) + by;
  array.ownMissing[index] = missing;
  return missing;
}
