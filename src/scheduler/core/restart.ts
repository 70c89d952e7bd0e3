/** Tasks that are computed again: given back, retried, lost with their worker, or needed once more. */
import type { Core } from './core.ts';
import { countNeeds, eachOwnSource, eachSharedSource } from './dependencies.ts';
import { onValuesLost } from './missing-values.ts';
import { failTasks, failUnsettled, isUnneeded, releaseTasks } from './settle.ts';
import { hasAllValues, type TaskArray, type TaskFailure, taskName } from './task-array.ts';
import { eachRun, eachStretch, moveTasks, oneTask, type TaskRange } from './task-range.ts';
import { FAILED, isSettled, MEMORY, READY, RELEASED, WAITING } from './task-state.ts';

/** Puts tasks that have no value, or are with a worker no longer, back to where they can start from. */
export function restartTasks(core: Core, tasks: TaskRange, cause: string): void {
  const { array, start, count } = tasks;
  const from = array.kinds[start] as number;
  for (let i = start; i < start + count; i++) array.attempts[i] = (array.attempts[i] as number) + 1;
  eachStretch(
    tasks,
    (index) => (hasAllValues(array, index) ? READY : WAITING),
    (to, stretch) => {
      moveTasks(core.out, stretch, to, cause);
    },
  );
  if (from === MEMORY) onValuesLost(core, tasks);
  if (array.ready.size > 0) core.ready.add(array);
  if (!isSettled(from)) return;
  countNeeds(core, tasks, 1);
  needSources(core, tasks);
}

/** The last copies of values are gone. What is wanted or needed is computed again; scattered values cannot be. */
export function loseValues(core: Core, tasks: TaskRange, cause: string): void {
  const { array } = tasks;
  eachStretch(
    tasks,
    (index) => isUnneeded(array, index),
    (unneeded, stretch) => {
      if (unneeded) return releaseTasks(core, stretch, cause);
      if (array.spec !== null) return restartTasks(core, stretch, cause);
      for (let i = stretch.start; i < stretch.start + stretch.count; i++) {
        failTasks(core, oneTask(array, i), lostData(array, i), cause);
      }
    },
  );
}

/**
 * Tasks are about to be computed, at first or again. What they need and was released is computed again too; if what they need has
 * failed, or cannot be had any more, they fail.
 */
export function needSources(core: Core, tasks: TaskRange): void {
  eachOwnSource(core, tasks, (source, taker) => needSource(core, source, taker));
  eachSharedSource(core, tasks.array, (source) => needSource(core, source, () => tasks));
}

/** The failure of a scattered value whose every copy is gone. The server adds the words. */
export function lostData(array: TaskArray, index: number): TaskFailure {
  return { code: 'ERR_DATA_LOST', error: new Uint8Array(), task: taskName(array, index), worker: '', attempt: 0 };
}

function needSource(core: Core, source: TaskRange, taker: (index: number) => TaskRange): void {
  const { array } = source;
  if (array.released === 0 && array.failures.size === 0) return;
  core.consequences.push(() =>
    eachRun(source, (kind, run) => {
      if (kind === RELEASED && array.spec !== null) return restartTasks(core, run, 'needed-again');
      if (kind !== RELEASED && kind !== FAILED) return;
      for (let i = run.start; i < run.start + run.count; i++) {
        failUnsettled(core, taker(i), array.failures.get(i) ?? lostData(array, i), 'dependency-failed');
      }
    }),
  );
}
