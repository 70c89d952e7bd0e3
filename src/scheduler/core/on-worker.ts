/** What workers report of tasks. */
import type { ArrayId, WorkerId } from '../../protocol/ids.ts';
import { type PackedValues, slicePacked } from '../../protocol/packed.ts';
import type { Ranges } from '../../protocol/ranges.ts';
import { noteTaskMs } from '../policy/task-time.ts';
import type { Core } from './core.ts';
import { takeCopies } from './on-values.ts';
import { restartTasks } from './restart.ts';
import { failTasks, gainValues, settle } from './settle.ts';
import { taskName } from './task-array.ts';
import { eachStretch, type TaskRange } from './task-range.ts';
import { RUNNING } from './task-state.ts';
import { settleRun, type WorkerState } from './worker-state.ts';

/** A worker says that tasks of one attempt are done. */
export interface TasksFinished {
  readonly array: ArrayId;
  readonly start: number;
  readonly count: number;
  readonly attempt: number;
  /** Time that the tasks ran, summed. */
  readonly ms: number;
  /** Size of each value in bytes. */
  readonly sizes: Float64Array;
  /** The values that rode along; an empty one did not. */
  readonly values: PackedValues | null;
}

export interface TaskFailed {
  readonly array: ArrayId;
  readonly index: number;
  readonly attempt: number;
  readonly code: string | null;
  /** False: a further attempt would end the same way. */
  readonly retry: boolean;
  readonly error: Uint8Array;
}

/** Tasks that a worker gives back. */
export interface TasksReturned {
  readonly array: ArrayId;
  readonly attempt: number;
  readonly ranges: Ranges;
}

/**
 * A worker finished tasks. The message may be late: the worker was told to stop, or has the task anew. Then its results are
 * copies like any others.
 */
export function onTasksFinished(core: Core, id: WorkerId, message: TasksFinished, now: number): void {
  const worker = core.workers.get(id);
  if (worker === undefined) return core.out.dropped(`worker ${id}`, 'it was given up');
  worker.heardAt = now;
  const array = core.arrays.get(message.array);
  if (array === undefined) {
    core.out.free(id, message.array, null);
    return core.out.dropped(workerName(worker), `array ${message.array} is unknown`);
  }
  if (array.spec !== null && message.count > 0) noteTaskMs(core.taskMs, array.spec.fn, message.ms / message.count);
  eachReported(core, worker, { ...message, array }, (isCurrent, run) => {
    if (isCurrent) takeResults(core, worker, run, message);
    else takeCopies(core, worker, run);
  });
  settle(core);
}

/** A task threw, or its thread ended under it. */
export function onTaskFailed(core: Core, id: WorkerId, message: TaskFailed, now: number): void {
  const worker = core.workers.get(id);
  if (worker === undefined) return core.out.dropped(`worker ${id}`, 'it was given up');
  worker.heardAt = now;
  const array = core.arrays.get(message.array);
  if (array === undefined) return core.out.dropped(workerName(worker), `array ${message.array} is unknown`);
  const { index, attempt, code, error } = message;
  eachReported(core, worker, { array, start: index, count: 1, attempt }, (isCurrent, run) => {
    if (!isCurrent) return;
    settleRun(core, worker, run);
    const used = array.retriesUsed.get(index) ?? 0;
    if (message.retry && used < (array.spec?.options.retries ?? 0)) {
      array.retriesUsed.set(index, used + 1);
      return restartTasks(core, run, 'retried');
    }
    const failure = { code, error, task: taskName(array, index), worker: worker.info.name, attempt };
    failTasks(core, run, failure, 'failed');
  });
  settle(core);
}

/** A worker gives tasks back that it has not started. */
export function onTasksReturned(core: Core, id: WorkerId, { array: arrayId, attempt, ranges }: TasksReturned): void {
  const worker = core.workers.get(id);
  if (worker === undefined) return core.out.dropped(`worker ${id}`, 'it was given up');
  const array = core.arrays.get(arrayId);
  if (array === undefined) return core.out.dropped(workerName(worker), `array ${arrayId} is unknown`);
  for (const [start, count] of ranges.pairs()) {
    eachReported(core, worker, { array, start, count, attempt }, (isCurrent, run) => {
      if (!isCurrent) return;
      settleRun(core, worker, run);
      restartTasks(core, run, 'returned');
    });
  }
  settle(core);
}

/** A worker has given back what it was asked for, or had nothing to give back. */
export function onRetracted(core: Core, id: WorkerId): void {
  const worker = core.workers.get(id);
  if (worker !== undefined) worker.retracting = false;
}

function takeResults(core: Core, worker: WorkerState, run: TaskRange, { start, sizes, values }: TasksFinished): void {
  const { array } = run;
  const offset = run.start - start;
  array.bytes.set(sizes.subarray(offset, offset + run.count), run.start);
  settleRun(core, worker, run);
  gainValues(core, run, 'finished');
  const inline = values === null ? null : slicePacked(values, offset, run.count);
  if (array.wantedCount > 0) core.out.finished(run, worker.id, inline);
}

/** Calls `visit` for the stretches of a report: those that still run at this worker under this attempt, and late ones. */
function eachReported(
  core: Core,
  worker: WorkerState,
  report: TaskRange & { readonly attempt: number },
  visit: (isCurrent: boolean, run: TaskRange) => void,
): void {
  const { array, start, attempt } = report;
  const { kinds, workers, attempts } = array;
  const isCurrent = (i: number): boolean => kinds[i] === RUNNING && workers[i] === worker.id && attempts[i] === attempt;
  eachStretch(report, isCurrent, (current, run) => {
    visit(current, run);
    if (current) return;
    const text = `attempt ${attempt} of ${run.count} tasks from ${taskName(array, start)} is not the current one`;
    core.out.dropped(workerName(worker), text);
  });
}

function workerName(worker: WorkerState): string {
  return `worker ${worker.info.name}`;
}
