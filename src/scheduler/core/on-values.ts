/** What workers report of values that they came by, or could not get. */
import type { ArrayId, WorkerId } from '../../protocol/ids.ts';
import type { Dependency } from '../../protocol/messages.ts';
import { Ranges } from '../../protocol/ranges.ts';
import { addCopies, holdsValue } from './copies.ts';
import type { Core } from './core.ts';
import { loseHeldBy } from './on-membership.ts';
import { gainValues, settle } from './settle.ts';
import { eachRun, eachStretch, type TaskRange } from './task-range.ts';
import { MEMORY, RUNNING } from './task-state.ts';
import { settleRun, type WorkerState } from './worker-state.ts';

/** Values that a worker has made copies of. */
export interface CopiesMade {
  readonly array: ArrayId;
  readonly start: number;
  readonly count: number;
}

/** A worker could not fetch values from where the scheduler said they were: there they are deleted, and count as lost. */
export function onValueMissing(core: Core, id: WorkerId, values: Dependency, from: WorkerId): void {
  const array = core.arrays.get(values.array);
  if (array === undefined || !core.workers.has(id)) return;
  const tasks = { array, start: values.start, count: values.count };
  eachStretch(
    tasks,
    (index) => holdsValue(array, index, from),
    (isThere, { start, count }) => {
      if (isThere && core.workers.has(from)) core.out.free(from, array.id, Ranges.of(start, count));
    },
  );
  loseHeldBy(core, tasks, from, 'value-missing');
  settle(core);
}

/** A worker has values besides: it fetched them, or a client put them there. */
export function onCopiesMade(core: Core, id: WorkerId, { array: arrayId, start, count }: CopiesMade): void {
  const worker = core.workers.get(id);
  if (worker === undefined) return core.out.dropped(`worker ${id}`, 'it was given up');
  const array = core.arrays.get(arrayId);
  if (array === undefined) return core.out.free(id, arrayId, null);
  takeCopies(core, worker, { array, start, count });
  settle(core);
}

/** Every value that a worker comes to hold is told of, and is kept or deleted there: it never holds what nobody knows of. */
export function takeCopies(core: Core, worker: WorkerState, tasks: TaskRange): void {
  const { array } = tasks;
  const isWith = (index: number): boolean => array.workers[index] === worker.id;
  eachRun(tasks, (kind, run) => {
    eachStretch(run, isWith, (isHere, copies) => {
      const { start, count } = copies;
      if (kind === RUNNING && isHere) {
        settleRun(core, worker, copies); // it has already what it is about to compute
        gainValues(core, copies, 'copy-found');
        if (array.wantedCount > 0) core.out.finished(copies, worker.id, null);
      } else if (kind !== MEMORY) core.out.free(worker.id, array.id, Ranges.of(start, count));
      else if (!isHere) addCopies(copies, worker.id);
    });
  });
}
