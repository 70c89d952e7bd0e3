/** What the scheduler tells a worker. */
import type { ArrayId } from '../../protocol/ids.ts';
import type { ComputeMessage } from '../../protocol/messages.ts';
import type { PackedValues } from '../../protocol/packed.ts';
import type { Ranges } from '../../protocol/ranges.ts';
import type { KnownArray, RunningSlot, Unit, WorkerCore } from './core.ts';
import { abandonWaiting, gatherValues, takeFetched } from './fetches.ts';
import { closeBatch } from './on-thread.ts';
import { pump } from './pump.ts';
import { withoutTasks } from './units.ts';

/** A `compute` message with its buffers told apart. */
export interface Assignment extends Omit<ComputeMessage, 'type' | 'buffers' | 'hasItems' | 'hasFunction'> {
  readonly items: PackedValues | null;
  readonly constants: Uint8Array | null;
  readonly payload: Uint8Array | null;
}

/** Tasks to run. They wait until the values that they need are here. */
export function onCompute(core: WorkerCore, message: Assignment): void {
  const { array, start, count, attempt, spec, constants, payload, own } = message;
  if (spec !== null && constants !== null) describeArray(core, array, { spec, constants });
  const known = core.arrays.get(array);
  if (known !== undefined && payload !== null) core.functions.set(known.spec.fn, payload);
  if (known === undefined || !core.functions.has(known.spec.fn)) {
    core.out.returned({ array, start, count, attempt });
    return core.out.dropped(`array ${array} or its function was never described`);
  }
  if (own.length === 0) addUnit(core, message, start, count);
  // Tasks with values of their own become ready one by one, as their values arrive.
  else for (let i = start; i < start + count; i++) addUnit(core, message, i, 1);
  pump(core);
}

/** Give back everything that could start and has not. */
export function onRetract(core: WorkerCore): void {
  for (const unit of core.ready) core.out.returned(unit);
  core.ready.length = 0;
  for (const slot of core.slots.values()) if (slot.kind === 'running') closeBatch(core, slot);
  core.out.retracted();
}

/** Nobody wants these tasks any more: forget those that wait, stop those that run. */
export function onAbandon(core: WorkerCore, array: ArrayId, ranges: Ranges): void {
  const kept = core.ready.flatMap((unit) => (unit.array === array ? withoutTasks(unit, ranges) : [unit]));
  core.ready.splice(0, core.ready.length, ...kept);
  abandonWaiting(core, array, ranges);
  for (const slot of core.slots.values()) {
    if (slot.kind === 'running' && slot.batch.array === array) abandonInBatch(core, slot, ranges);
  }
  pump(core);
}

/** Delete values; `null`: and forget the array. */
export function onFree(core: WorkerCore, array: ArrayId, ranges: Ranges | null): void {
  core.store.delete(array, ranges);
  if (ranges === null) forgetArray(core, array);
}

/** Values that units wait for have arrived. */
export function onFetched(core: WorkerCore, key: string, blocks: readonly PackedValues[]): void {
  core.ready.push(...takeFetched(core, key, blocks));
  pump(core);
}

/** Also when it is known already: then its sources have moved. */
function describeArray(core: WorkerCore, array: ArrayId, known: KnownArray): void {
  if (!core.arrays.has(array)) core.users.add(known.spec.fn);
  core.arrays.set(array, known);
}

/** A function is kept as long as a known array uses it; the scheduler counts in step and sends it again after that. */
function forgetArray(core: WorkerCore, array: ArrayId): void {
  const known = core.arrays.get(array);
  if (known === undefined) return;
  core.arrays.delete(array);
  const { fn } = known.spec;
  if (!core.users.remove(fn)) return;
  core.functions.delete(fn);
  core.taskMs.delete(fn);
  for (const slot of core.slots.values()) {
    if (slot.kind !== 'starting' && slot.functions.delete(fn)) core.out.forgetFunction(slot.id, fn);
  }
}

function addUnit(core: WorkerCore, message: Assignment, start: number, count: number): void {
  const { array, attempt, items, own, inlineBytes, start: firstTask } = message;
  const unit: Unit = { array, start, count, attempt, firstTask, items, own, inlineBytes, waitingFor: new Set() };
  if (gatherValues(core, unit)) core.ready.push(unit);
}

function abandonInBatch(core: WorkerCore, slot: RunningSlot, ranges: Ranges): void {
  const { batch, abandoned } = slot;
  const before = abandoned.size;
  for (let offset = slot.done; offset < slot.limit; offset++) {
    if (ranges.has(batch.start + offset)) abandoned.add(offset);
  }
  if (abandoned.size === before) return;
  closeBatch(core, slot);
  if (slot.done < slot.limit && abandoned.has(slot.limit - 1)) {
    core.out.abort(slot.id, batch.id, 'the task was cancelled');
  }
}
