import type { ArrayId, WorkerId } from '../../protocol/ids.ts';
import type { WorkerInfo } from '../../protocol/messages.ts';
import type { Ranges } from '../../protocol/ranges.ts';
import type { Core } from './core.ts';
import type { TaskRange } from './task-range.ts';

/** Tasks handed to a worker together: those of which it has not spoken yet. */
export interface Run {
  readonly array: ArrayId;
  readonly tasks: Ranges;
  /** What one task was expected to take when it was handed over. */
  readonly taskMs: number;
}

/** What the scheduler knows of a worker. */
export interface WorkerState {
  readonly id: WorkerId;
  readonly info: WorkerInfo;
  readonly runs: Map<ArrayId, Run[]>;
  /** Tasks handed over and not spoken of yet, and the time that they are expected to take. */
  outstanding: number;
  outstandingMs: number;
  /** When it was last heard of about a task, or given one when it had none. */
  heardAt: number;
  /** It was asked to give back work and has not answered. */
  retracting: boolean;
  /** It was told to end: it finishes what it runs, keeps its values for a while, and is given nothing new. */
  leaving: boolean;
}

export function newWorkerState(info: WorkerInfo, now: number): WorkerState {
  return {
    id: info.id,
    info,
    runs: new Map(),
    outstanding: 0,
    outstandingMs: 0,
    heardAt: now,
    retracting: false,
    leaving: false,
  };
}

export function addRun(worker: WorkerState, run: Run): void {
  const runs = worker.runs.get(run.array);
  if (runs === undefined) worker.runs.set(run.array, [run]);
  else runs.push(run);
  worker.outstanding += run.tasks.size;
  worker.outstandingMs += run.tasks.size * run.taskMs;
}

/** These tasks are no longer with the worker, which has room for others. */
export function settleRun(core: Core, worker: WorkerState, { array, start, count }: TaskRange): void {
  const runs = worker.runs.get(array.id) ?? [];
  for (const run of runs) {
    const before = run.tasks.size;
    run.tasks.remove(start, count);
    worker.outstanding -= before - run.tasks.size;
    worker.outstandingMs -= (before - run.tasks.size) * run.taskMs;
  }
  const left = runs.filter((run) => run.tasks.size > 0);
  if (left.length === 0) worker.runs.delete(array.id);
  else if (left.length < runs.length) worker.runs.set(array.id, left);
  if (worker.outstanding === 0) worker.outstandingMs = 0; // no drift from adding and subtracting fractions
  if (!worker.leaving) core.roomy.add(worker);
}
