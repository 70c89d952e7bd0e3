/** Handing out ready tasks. */
import { Ranges } from '../../protocol/ranges.ts';
import { expectedMs, hasRoom, type Room, shareOf } from '../policy/share.ts';
import { isSilent } from './balance.ts';
import type { Core } from './core.ts';
import { mayRun, restrictionOf } from './ready-queue.ts';
import { allDependencies, type TaskArray } from './task-array.ts';
import { moveTasks, type TaskRange } from './task-range.ts';
import { RUNNING } from './task-state.ts';
import { addRun, type WorkerState } from './worker-state.ts';

/** One round: as long as there are ready tasks and workers with room for them, hand some over. */
export function assignTasks(core: Core, now: number): void {
  const passed: WorkerState[] = [];
  while (!core.ready.isEmpty()) {
    const idlest = leastBusy(core, now);
    if (idlest === undefined) break;
    const array = core.ready.firstFor(idlest);
    if (array === undefined) {
      core.roomy.delete(idlest); // so that this round does not look at it again
      passed.push(idlest);
      continue;
    }
    const worker = preferredWorker(core, array, now) ?? idlest;
    if (worker.outstanding === 0) worker.heardAt = now;
    handOver(core, array, worker);
  }
  for (const worker of passed) core.roomy.add(worker);
}

/** Workers that have no room are dropped on the way: they are back as soon as anything of theirs has settled. */
function leastBusy(core: Core, now: number): WorkerState | undefined {
  let best: WorkerState | undefined;
  for (const worker of core.roomy) {
    if (worker.outstanding === 0) return worker;
    if (!canTake(worker, now)) core.roomy.delete(worker);
    else if (best === undefined || load(worker) < load(best)) best = worker;
  }
  return best;
}

/** Tasks are queued at a worker only if it is making progress; what queues behind something slow could run elsewhere. */
function canTake(worker: WorkerState, now: number): boolean {
  return worker.outstanding < worker.info.slots || (hasRoom(roomOf(worker)) && !isSilent(worker, now));
}

function handOver(core: Core, array: TaskArray, worker: WorkerState): void {
  const taskMs = array.spec === null ? undefined : core.taskMs.get(array.spec.fn);
  const tasks = firstOfOneAttempt(array, shareOf(roomOf(worker), taskMs, array.ready.size, core.totalSlots));
  const { start, count } = tasks;
  moveTasks(core.out, tasks, RUNNING, 'assigned');
  array.workers.fill(worker.id, start, start + count);
  addRun(worker, { array: array.id, tasks: Ranges.of(start, count), taskMs: expectedMs(taskMs) });
  core.out.compute(worker, tasks, array.attempts[start] as number);
  array.toldTo.add(worker.id);
}

/** Ready tasks that are neighbours and have the same attempt. */
function firstOfOneAttempt(array: TaskArray, most: number): TaskRange {
  const { start, count: neighbours } = array.ready.firstRange();
  const attempt = array.attempts[start];
  let count = 1;
  while (count < most && count < neighbours && array.attempts[start + count] === attempt) count++;
  return { array, start, count };
}

/** The worker with room that holds most of what the next task of this array needs, if any holds something. */
function preferredWorker(core: Core, array: TaskArray, now: number): WorkerState | undefined {
  const bytes = new Map<number, number>();
  for (const dependency of allDependencies(array, array.ready.first())) {
    const source = core.arrays.get(dependency.array);
    if (source === undefined || dependency.whole) continue;
    const holder = source.workers[dependency.start] as number;
    bytes.set(holder, (bytes.get(holder) ?? 0) + 1 + (source.bytes[dependency.start] as number));
  }
  const restriction = restrictionOf(array);
  let best: WorkerState | undefined;
  let most = 0;
  for (const [id, held] of bytes) {
    const worker = core.workers.get(id);
    if (worker === undefined || held <= most || !core.roomy.has(worker)) continue;
    if (!canTake(worker, now) || !mayRun(worker, restriction)) continue;
    best = worker;
    most = held;
  }
  return best ?? loosePreference(core, array, now);
}

/** With `allowOtherWorkers`, the named workers are taken while they have room. */
function loosePreference(core: Core, array: TaskArray, now: number): WorkerState | undefined {
  const options = array.spec?.options;
  if (options === undefined || options.workers.length === 0 || !options.allowOtherWorkers) return undefined;
  for (const worker of core.roomy) if (mayRun(worker, options.workers) && canTake(worker, now)) return worker;
  return undefined;
}

function load(worker: WorkerState): number {
  return worker.outstandingMs / worker.info.slots;
}

function roomOf({ info, outstanding, outstandingMs }: WorkerState): Room {
  return { slots: info.slots, outstanding, outstandingMs };
}
