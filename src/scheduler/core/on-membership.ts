/** What becomes of tasks and values when workers come and go. */
import type { WorkerId } from '../../protocol/ids.ts';
import type { WorkerInfo } from '../../protocol/messages.ts';
import { copyHolder, forgetCopies } from './copies.ts';
import type { Core } from './core.ts';
import { addTasks, type NamedTasks, noTasks } from './named-tasks.ts';
import { loseValues, restartTasks } from './restart.ts';
import { failTasks, failUnsettled, isUnneeded, settle } from './settle.ts';
import { type TaskArray, type TaskFailure, taskName } from './task-array.ts';
import { allTasks, eachStretch, oneTask, type TaskRange } from './task-range.ts';
import { isSettled, MEMORY } from './task-state.ts';
import { newWorkerState } from './worker-state.ts';

/** The failure of a task that outside events ended, by its name. */
export type FailureOf = (task: string) => TaskFailure;

/** What was lost with a worker. Values are those that it alone had, and that somebody wants or needs. */
export interface WorkerCost {
  /** Tasks that it had been given and that run again. */
  readonly restarted: NamedTasks;
  /** Tasks that do not, because too many workers were lost with them. */
  readonly failed: NamedTasks;
  readonly recomputed: NamedTasks;
  /** Values that nobody can make again, because they were scattered. */
  readonly gone: NamedTasks;
}

export function onWorkerJoined(core: Core, info: WorkerInfo, now: number): void {
  const worker = newWorkerState(info, now);
  core.workers.set(info.id, worker);
  core.roomy.add(worker);
  core.totalSlots += info.slots;
}

/**
 * A worker is gone. What it ran goes back to ready under a higher attempt, what it alone held is computed again if
 * anybody wants it. A task that took too many workers down is failed as the likely cause.
 */
export function onWorkerLost(core: Core, id: WorkerId, failureOf: FailureOf): WorkerCost {
  const cost: WorkerCost = { restarted: noTasks(), failed: noTasks(), recomputed: noTasks(), gone: noTasks() };
  const worker = core.workers.get(id);
  if (worker === undefined) return cost;
  core.workers.delete(id);
  core.roomy.delete(worker);
  core.totalSlots -= worker.info.slots;
  for (const [arrayId, runs] of worker.runs) {
    const array = core.arrays.get(arrayId);
    if (array === undefined) continue;
    for (const run of runs) {
      for (const index of run.tasks.indices()) {
        const task = oneTask(array, index);
        addTasks(loseAttempt(core, task, failureOf) ? cost.restarted : cost.failed, task);
      }
    }
  }
  for (const array of core.arrays.values()) {
    if (!array.toldTo.delete(id)) continue;
    const values = array.spec === null ? cost.gone : cost.recomputed;
    for (const lost of loseHeldBy(core, allTasks(array), id, 'worker-lost')) addTasks(values, lost, isStillNeeded);
  }
  stayIfAllLeave(core);
  settle(core);
  return cost;
}

function isStillNeeded(array: TaskArray, index: number): boolean {
  return !isUnneeded(array, index);
}

/** Tasks that have neither a value nor an error: all, or those of some clients. */
export function unsettledTasks(core: Core, isMeant: (array: TaskArray) => boolean = () => true): NamedTasks {
  const found = noTasks();
  for (const array of core.arrays.values()) {
    if (array.unsettled > 0 && isMeant(array))
      addTasks(found, allTasks(array), ({ kinds }, index) => !isSettled(kinds[index] as number));
  }
  return found;
}

/** A worker was told to end. It gives back what it has not started; the rest it finishes while it is there. */
export function onWorkerLeaving(core: Core, id: WorkerId): void {
  const worker = core.workers.get(id);
  if (worker === undefined || worker.leaving) return;
  worker.leaving = true;
  core.roomy.delete(worker);
  stayIfAllLeave(core);
  if (!worker.leaving || worker.retracting || worker.outstanding === 0) return;
  worker.retracting = true;
  core.out.retract(worker);
}

/** Where all leave, nobody is there to hand work to: they go on for as long as they may. */
function stayIfAllLeave(core: Core): void {
  const workers = [...core.workers.values()];
  if (!workers.every(({ leaving }) => leaving)) return;
  for (const worker of workers) {
    worker.leaving = false;
    core.roomy.add(worker);
  }
}

/** No worker is left and none will come: whatever has not settled never will. */
export function onWorkersExhausted(core: Core, failureOf: FailureOf): void {
  for (const array of core.arrays.values()) failUnsettled(core, allTasks(array), failureOf(array.name), 'no-workers');
  settle(core);
}

/** Values of which `worker` held the main copy: another copy takes its place, or they are lost. Returns those that are. */
export function loseHeldBy(core: Core, tasks: TaskRange, worker: WorkerId, cause: string): TaskRange[] {
  const { array } = tasks;
  const lost: TaskRange[] = [];
  forgetCopies(tasks, worker);
  const fateOf = (index: number): WorkerId | 'other' | undefined => {
    if (array.kinds[index] !== MEMORY || array.workers[index] !== worker) return 'other';
    return copyHolder(array, index);
  };
  eachStretch(tasks, fateOf, (fate, stretch) => {
    if (fate === 'other') return;
    if (fate === undefined) {
      lost.push(stretch);
      return loseStretch(core, stretch, cause);
    }
    array.workers.fill(fate, stretch.start, stretch.start + stretch.count);
    forgetCopies(stretch, fate);
    if (array.wantedCount > 0) core.out.finished(stretch, fate, null);
  });
  return lost;
}

function loseStretch(core: Core, tasks: TaskRange, cause: string): void {
  const { array } = tasks;
  if (array.wantedCount > 0 && array.spec !== null) core.out.unfinished(tasks);
  loseValues(core, tasks, cause);
}

/** False if the task is not run again. */
function loseAttempt(core: Core, task: TaskRange, failureOf: FailureOf): boolean {
  const { array, start } = task;
  const losses = (array.losses.get(start) ?? 0) + 1;
  if (losses > core.limits.allowedLosses) {
    failTasks(core, task, failureOf(taskName(array, start)), 'worker-lost');
    return false;
  }
  array.losses.set(start, losses);
  restartTasks(core, task, 'worker-lost');
  return true;
}
