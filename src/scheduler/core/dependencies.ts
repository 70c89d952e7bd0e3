/** Who needs what. A consumer is registered with its sources as long as its array exists. */
import type { Dependency } from '../../protocol/messages.ts';
import type { Core } from './core.ts';
import { type Consumer, type Consumers, newConsumers, type TaskArray } from './task-array.ts';
import { allTasks, oneTask, type TaskRange } from './task-range.ts';
import { isSettled } from './task-state.ts';

/** Registers a new array with everything that its tasks need. */
export function linkSources(core: Core, array: TaskArray): void {
  for (const dependency of array.shared) link(core, { array, index: null }, dependency);
  for (const [index, dependencies] of array.own) {
    for (const dependency of dependencies) link(core, { array, index }, dependency);
  }
  if (array.zip === null) return;
  const source = core.arrays.get(array.zip.array);
  source?.madeInto.add(array);
  source?.zipConsumers.add({ array, start: array.zip.start });
}

/** Forgets that `array` needs anything. Its tasks must have settled. */
export function unlinkSources(core: Core, array: TaskArray): void {
  for (const { members, consumer } of array.links) members.delete(consumer);
  for (const id of sourceIds(array)) {
    const source = core.arrays.get(id);
    source?.madeInto.delete(array);
    for (const zip of source?.zipConsumers ?? []) if (zip.array === array) source?.zipConsumers.delete(zip);
  }
}

/** The arrays that `array` is made from. */
export function sourceIds(array: TaskArray): Set<number> {
  const ids = new Set(array.shared.map((dependency) => dependency.array));
  if (array.zip !== null) ids.add(array.zip.array);
  for (const dependencies of array.own.values()) for (const dependency of dependencies) ids.add(dependency.array);
  return ids;
}

/** Calls `visit` for each range of tasks whose values all tasks of `array` need. */
export function eachSharedSource(core: Core, array: TaskArray, visit: (source: TaskRange) => void): void {
  for (const dependency of array.shared) visitSource(core, dependency, visit);
}

/** Calls `visit` for what single tasks need besides; `taker` says which of `tasks` needs a task of `source`. */
export function eachOwnSource(
  core: Core,
  tasks: TaskRange,
  visit: (source: TaskRange, taker: (index: number) => TaskRange) => void,
): void {
  const { array, start, count } = tasks;
  const { zip, own } = array;
  if (zip !== null) {
    const needed = { array: zip.array, start: zip.start + start, count };
    visitSource(core, needed, (source) => visit(source, (index) => oneTask(array, index - zip.start)));
  }
  if (own.size === 0) return;
  for (let i = start; i < start + count; i++) {
    const taker = (): TaskRange => oneTask(array, i);
    for (const dependency of own.get(i) ?? []) visitSource(core, dependency, (source) => visit(source, taker));
  }
}

/** Calls `visit` for the tasks that need values of `tasks`: single ones, or the whole array. */
export function eachConsumer({ array: source, start, count }: TaskRange, visit: (tasks: TaskRange) => void): void {
  const each = ({ array, index }: Consumer): void => visit(index === null ? allTasks(array) : oneTask(array, index));
  source.wholeConsumers.members.forEach(each);
  for (const zip of source.zipConsumers) {
    const tasks = zipped(zip, start, count);
    if (tasks.count > 0) visit(tasks);
  }
  if (source.taskConsumers.size === 0) return;
  for (let i = start; i < start + count; i++) source.taskConsumers.get(i)?.members.forEach(each);
}

/** Does any task that has not settled yet need the value of task `index`? */
export function isNeeded(source: TaskArray, index: number): boolean {
  if (source.wholeConsumers.needing > 0 || (source.taskConsumers.get(index)?.needing ?? 0) > 0) return true;
  for (const { array, start } of source.zipConsumers) {
    const kind = array.kinds[index - start];
    if (kind !== undefined && !isSettled(kind)) return true;
  }
  return false;
}

/** After tasks settled (`by` -1), or left a settled state (1): counts how many still need their sources. */
export function countNeeds(core: Core, { array, start, count }: TaskRange, by: 1 | -1): void {
  const change = (dependency: Dependency): void => {
    const source = core.arrays.get(dependency.array);
    const consumers = source && consumersOf(source, dependency);
    if (consumers !== undefined) consumers.needing += by;
  };
  if (array.unsettled === (by === 1 ? count : 0)) array.shared.forEach(change);
  if (array.own.size === 0) return;
  for (let i = start; i < start + count; i++) array.own.get(i)?.forEach(change);
}

function visitSource(core: Core, needed: Omit<Dependency, 'whole'>, visit: (source: TaskRange) => void): void {
  const array = core.arrays.get(needed.array);
  if (array !== undefined) visit({ array, start: needed.start, count: needed.count });
}

function link(core: Core, consumer: Consumer, dependency: Dependency): void {
  const source = core.arrays.get(dependency.array);
  if (source === undefined) return;
  source.madeInto.add(consumer.array);
  const consumers = consumersOf(source, dependency) ?? newConsumers();
  if (!dependency.whole) source.taskConsumers.set(dependency.start, consumers);
  consumers.members.add(consumer);
  consumers.needing++;
  consumer.array.links.push({ members: consumers.members, consumer });
}

function consumersOf(source: TaskArray, { start, whole }: Dependency): Consumers | undefined {
  return whole ? source.wholeConsumers : source.taskConsumers.get(start);
}

/** The tasks of a zip consumer that need the values `start … start + count`. */
export function zipped(
  zip: { readonly array: TaskArray; readonly start: number },
  start: number,
  count: number,
): TaskRange {
  const first = Math.max(0, start - zip.start);
  const end = Math.min(zip.array.count, start + count - zip.start);
  return { array: zip.array, start: first, count: end - first };
}
