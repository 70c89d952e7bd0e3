/** What clients ask of the scheduler. */
import type { ArrayId, ClientId, WorkerId } from '../../protocol/ids.ts';
import type { Ranges } from '../../protocol/ranges.ts';
import type { Core } from './core.ts';
import { linkSources } from './dependencies.ts';
import { countMissing, settleWaiting } from './missing-values.ts';
import { onCopiesMade } from './on-values.ts';
import { lostData, needSources, restartTasks } from './restart.ts';
import { failTasks, failUnsettled, gainValues, releaseUnneeded, settle } from './settle.ts';
import { allDependencies, type NewArray, newTaskArray, type TaskArray, type TaskFailure } from './task-array.ts';
import { allTasks, oneTask } from './task-range.ts';
import { FAILED, MEMORY, RELEASED, WAITING } from './task-state.ts';

/** A client described tasks. Those whose sources have failed fail at once; those that need nothing are ready. */
export function onSubmitted(core: Core, about: NewArray): void {
  if (core.arrays.has(about.id)) return core.out.dropped(`client ${about.client}`, `array ${about.id} exists already`);
  const array = newTaskArray(about);
  core.arrays.set(array.id, array);
  linkSources(core, array);
  countMissing(core, array);
  settleWaiting(core, allTasks(array));
  needSources(core, allTasks(array));
  settle(core);
}

/** A client announced values that it will put on workers itself. They wait until it says where each one is. */
export function onScatterAnnounced(core: Core, about: Omit<NewArray, 'spec'>): void {
  if (core.arrays.has(about.id)) return core.out.dropped(`client ${about.client}`, `array ${about.id} exists already`);
  core.arrays.set(about.id, newTaskArray({ ...about, spec: null }));
}

/** A value that a client has put on a worker. */
export interface ScatteredValue {
  readonly array: ArrayId;
  readonly index: number;
  readonly worker: WorkerId;
  readonly bytes: number;
}

/** A scattered value is on a worker, at first or as a further copy. */
export function onScattered(core: Core, { array: id, index, worker, bytes }: ScatteredValue): void {
  const array = core.arrays.get(id);
  const kind = array?.spec === null ? array.kinds[index] : undefined;
  if (array === undefined || kind !== WAITING) {
    if (kind !== MEMORY) core.out.dropped('a client', `value ${index} of array ${id} is not expected`);
    return onCopiesMade(core, worker, { array: id, start: index, count: 1 });
  }
  if (!core.workers.has(worker)) {
    failTasks(core, oneTask(array, index), lostData(array, index), 'worker-lost');
  } else {
    array.workers[index] = worker;
    array.bytes[index] = bytes;
    array.toldTo.add(worker);
    gainValues(core, oneTask(array, index), 'scattered');
    core.out.finished(oneTask(array, index), worker, null);
  }
  settle(core);
}

/** Tasks end with an error from outside. */
export interface GivenUp {
  readonly array: ArrayId;
  readonly ranges: Ranges;
  readonly failure: TaskFailure;
  readonly cause: 'cancelled' | 'scatter-failed';
}

/** A client cancelled tasks, or could not scatter their values. */
export function onGivenUp(core: Core, { array: id, ranges, failure, cause }: GivenUp): void {
  const array = core.arrays.get(id);
  if (array === undefined) return;
  for (const [start, count] of ranges.pairs()) failUnsettled(core, { array, start, count }, failure, cause);
  settle(core);
}

/** The client waits for the values: small ones may ride back with the completion. */
export function onWanted(core: Core, id: ArrayId): void {
  const array = core.arrays.get(id);
  if (array !== undefined) array.valuesWanted = true;
}

/** The client's futures of these tasks are gone. */
export function onReleased(core: Core, id: ArrayId, ranges: Ranges): void {
  const array = core.arrays.get(id);
  if (array === undefined) return;
  for (const [start, count] of ranges.pairs()) releaseWants(core, array, start, count);
  settle(core);
}

/** Runs failed tasks again, and what made them fail if that was a dependency. */
export function onRetried(core: Core, id: ArrayId, ranges: Ranges): void {
  const array = core.arrays.get(id);
  if (array === undefined) return;
  for (const index of ranges.indices()) if (array.kinds[index] === FAILED) retryTask(core, array, index);
  settle(core);
}

/** A client has left, or is lost: nobody wants what it asked for. */
export function onClientGone(core: Core, client: ClientId): void {
  for (const array of core.arrays.values()) {
    if (array.client === client) releaseWants(core, array, 0, array.count);
  }
  settle(core);
}

function releaseWants(core: Core, array: TaskArray, start: number, count: number): void {
  for (let i = start; i < Math.min(start + count, array.count); i++) {
    array.wantedCount -= array.wanted[i] as number;
    array.wanted[i] = 0;
  }
  releaseUnneeded(core, { array, start, count });
}

/** Also what it needs and was released, as far back as something failed: else it would only fail again. */
function retryTask(core: Core, array: TaskArray, index: number): void {
  const kind = array.kinds[index];
  if ((kind !== FAILED && kind !== RELEASED) || array.spec === null) return;
  for (const { array: id, start, count } of allDependencies(array, index)) {
    const source = core.arrays.get(id);
    if (source === undefined || source.failures.size + source.released === 0) continue;
    core.consequences.push(() => {
      for (let i = start; i < start + count; i++) retryTask(core, source, i);
    });
  }
  array.retriesUsed.delete(index);
  array.losses.delete(index);
  restartTasks(core, oneTask(array, index), 'retried');
  if (kind === FAILED) core.out.unfinished(oneTask(array, index));
}
