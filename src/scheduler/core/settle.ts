/**
 * The moves that have consequences for others: a value is there, a task failed, nobody wants it. Each of these functions
 * takes a range of tasks in one state and keeps every counter true.
 *
 * Consequences for other arrays go to `core.consequences` and are worked off at the end of each event (`settle`), one
 * after the other: a chain of a hundred thousand tasks must not become as deep a recursion.
 */
import { freeCopies } from './copies.ts';
import type { Core } from './core.ts';
import {
  countNeeds,
  eachConsumer,
  eachOwnSource,
  eachSharedSource,
  isNeeded,
  sourceIds,
  unlinkSources,
} from './dependencies.ts';
import { onValuesGained, onValuesLost } from './missing-values.ts';
import type { TaskArray, TaskFailure } from './task-array.ts';
import { byWorker, eachRun, eachStretch, moveTasks, type TaskRange } from './task-range.ts';
import { FAILED, isSettled, MEMORY, RELEASED, RUNNING } from './task-state.ts';
import { settleRun } from './worker-state.ts';

/** The tasks have their values. Consumers become ready; sources that nobody needs any more are released. */
export function gainValues(core: Core, tasks: TaskRange, cause: string): void {
  settleTasks(core, tasks, MEMORY, cause);
}

/** The tasks have failed for good, and with them, as far as they have not settled, all that need them. */
export function failTasks(core: Core, tasks: TaskRange, failure: TaskFailure, cause: string): void {
  const { array, start, count } = tasks;
  stopRunning(core, tasks);
  settleTasks(core, tasks, FAILED, cause);
  for (let i = start; i < start + count; i++) array.failures.set(i, failure);
  if (array.wantedCount > 0) core.out.failed(tasks, failure);
  eachConsumer(tasks, (consumers) => {
    core.consequences.push(() => failUnsettled(core, consumers, failure, 'dependency-failed'));
  });
}

/** Fails those of the tasks that have not settled. */
export function failUnsettled(core: Core, tasks: TaskRange, failure: TaskFailure, cause: string): void {
  if (tasks.array.unsettled === 0) return;
  eachRun(tasks, (kind, run) => {
    if (!isSettled(kind)) failTasks(core, run, failure, cause);
  });
}

/** Nobody wants or needs the tasks: stop what runs, delete what is stored, keep the description. */
export function releaseTasks(core: Core, tasks: TaskRange, cause: string): void {
  stopRunning(core, tasks);
  if (tasks.array.kinds[tasks.start] === MEMORY) freeCopies(core, tasks);
  settleTasks(core, tasks, RELEASED, cause);
}

/** Releases those of the tasks that nobody wants or needs, and drops the array when nothing depends on its description. */
export function releaseUnneeded(core: Core, tasks: TaskRange): void {
  const { array } = tasks;
  eachRun(tasks, (kind, run) => {
    if (kind === RELEASED) return;
    eachStretch(
      run,
      (index) => isUnneeded(array, index),
      (unneeded, stretch) => {
        if (unneeded) releaseTasks(core, stretch, 'unneeded');
      },
    );
  });
  dropIfForgotten(core, array);
}

export function isUnneeded(array: TaskArray, index: number): boolean {
  return array.wanted[index] === 0 && !isNeeded(array, index);
}

/** Works off the consequences for others. Every event handler ends with this. */
export function settle(core: Core): void {
  for (let i = 0; i < core.consequences.length; i++) core.consequences[i]?.();
  core.consequences.length = 0;
}

/** The move itself, and what it means for those that need the values and for what the tasks needed. */
function settleTasks(
  core: Core,
  tasks: TaskRange,
  to: typeof MEMORY | typeof FAILED | typeof RELEASED,
  cause: string,
): void {
  const from = tasks.array.kinds[tasks.start] as number;
  moveTasks(core.out, tasks, to, cause);
  if (to === MEMORY) onValuesGained(core, tasks);
  if (from === MEMORY) onValuesLost(core, tasks);
  if (isSettled(from)) return; // its sources were let go when it settled
  countNeeds(core, tasks, -1);
  eachOwnSource(core, tasks, (source) => letGo(core, source));
  if (tasks.array.unsettled === 0) eachSharedSource(core, tasks.array, (source) => letGo(core, source));
}

function letGo(core: Core, source: TaskRange): void {
  const { wantedCount, count } = source.array;
  if (wantedCount < count) core.consequences.push(() => releaseUnneeded(core, source));
}

/** Takes tasks away from the workers that run them. */
function stopRunning(core: Core, tasks: TaskRange): void {
  const { array, start } = tasks;
  if (array.kinds[start] !== RUNNING) return;
  for (const [id, ranges] of byWorker(tasks)) {
    const worker = core.workers.get(id);
    if (worker === undefined) continue;
    const before = worker.outstanding;
    for (const [from, count] of ranges.pairs()) settleRun(core, worker, { array, start: from, count });
    if (worker.outstanding < before) core.out.abandon(id, array.id, ranges); // else the worker has just spoken of them
  }
}

/** Drops an array that nobody wants and from which nothing that exists was made; its sources may follow. */
function dropIfForgotten(core: Core, array: TaskArray): void {
  if (array.wantedCount > 0 || array.madeInto.size > 0 || array.released < array.count) return;
  if (!core.arrays.delete(array.id)) return;
  for (const id of array.toldTo) if (core.workers.has(id)) core.out.free(id, array.id, null);
  const sources = sourceIds(array);
  unlinkSources(core, array);
  for (const id of sources) {
    const source = core.arrays.get(id);
    if (source !== undefined) core.consequences.push(() => dropIfForgotten(core, source));
  }
}
