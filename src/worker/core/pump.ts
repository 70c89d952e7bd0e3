/** Handing tasks to idle threads. */
import type { Source } from '../../protocol/messages.ts';
import { slicePacked } from '../../protocol/packed.ts';
import { packStored } from '../../store/store.ts';
import type { Batch, DependencyValues, KnownArray, Slot, Unit, WorkerCore } from './core.ts';
import { gatherValues } from './fetches.ts';

/** Work to hand to a thread at once. Longer tasks go one by one, so that nothing waits behind them. */
const BATCH_MS = 2;
const MOST_TASKS = 2048;

/** As long as there are idle threads and ready tasks, brings them together. For tasks that are left over threads are started. */
export function pump(core: WorkerCore): void {
  for (const slot of core.slots.values()) {
    if (slot.kind !== 'idle') continue;
    const unit = nextUnit(core);
    if (unit === undefined) return;
    startTasks(core, slot, unit);
  }
  if (core.unstarted.length > 0) startThreads(core);
}

/** A thread costs 60 ms of CPU and 8 MB (Node.js 24, x64): one that nothing is there for is not started. */
function startThreads(core: WorkerCore): void {
  let wanted = core.ready.reduce((sum, { count }) => sum + count, 0);
  for (const { kind } of core.slots.values()) if (kind === 'starting') wanted--;
  for (const id of core.unstarted.splice(0, Math.max(0, wanted))) {
    core.slots.set(id, { kind: 'starting', id });
    core.out.startSlot(id);
  }
}

/** The first unit that can start. Values may have been deleted since it became ready; then it waits for them again. */
function nextUnit(core: WorkerCore): Unit | undefined {
  for (;;) {
    const unit = core.ready[0];
    if (unit === undefined) return undefined;
    const isKnown = core.arrays.has(unit.array); // else the array was forgotten: nobody wants its tasks
    if (isKnown && gatherValues(core, unit)) return unit;
    core.ready.shift();
  }
}

function startTasks(core: WorkerCore, slot: Extract<Slot, { kind: 'idle' }>, unit: Unit): void {
  const { id, functions } = slot;
  const known = core.arrays.get(unit.array) as KnownArray;
  const { fn } = known.spec;
  const count = batchSize(core, unit, known);
  const batch = newBatch(core, { ...unit, count }, known, functions.has(fn));
  functions.add(fn);
  unit.start += count;
  unit.count -= count;
  if (unit.count === 0) core.ready.shift();
  core.slots.set(id, { kind: 'running', id, functions, batch, done: 0, limit: count, abandoned: new Set() });
  core.out.run(id, batch);
}

function batchSize(core: WorkerCore, unit: Unit, known: KnownArray): number {
  const taskMs = core.taskMs.get(known.spec.fn);
  if (taskMs === undefined || known.spec.timeoutMs > 0) return 1;
  const fair = Math.ceil(unit.count / (core.slots.size + core.unstarted.length));
  return Math.max(1, Math.min(unit.count, MOST_TASKS, fair, Math.floor(BATCH_MS / Math.max(taskMs, 0.0005))));
}

function newBatch(core: WorkerCore, unit: Unit, known: KnownArray, knowsFunction: boolean): Batch {
  const { array, start, count, attempt, items, inlineBytes, firstTask } = unit;
  const { spec, constants } = known;
  const offset = start - firstTask;
  return {
    id: core.nextBatch++,
    array,
    name: spec.name,
    single: spec.single,
    start,
    count,
    attempt,
    fn: spec.fn,
    payload: knowsFunction ? null : (core.functions.get(spec.fn) ?? null),
    constants,
    shared: spec.shared.map((source) => valuesOf(core, source)),
    items: items === null ? null : slicePacked(items, offset, count),
    own: unit.own.slice(offset, offset + count).map((sources) => sources.map((source) => valuesOf(core, source))),
    timeoutMs: spec.timeoutMs,
    inlineBytes,
  };
}

function valuesOf(core: WorkerCore, { array, start, count, whole }: Source): DependencyValues {
  const values = packStored(core.store, array, { start, count });
  if (values === undefined) throw new Error(`Value ${start}+${count} of array ${array} is not in the store`);
  return { whole, values };
}
