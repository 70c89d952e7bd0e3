/** What must hold between any two events, recomputed from scratch. Called after every test. */
import type { Unit, WorkerCore } from './core.ts';

/** Throws if units, fetches, functions and threads contradict each other, or if a thread idles while there is work. */
export function checkInvariants(core: WorkerCore): void {
  checkUnits(core);
  checkFunctions(core);
  let idle = 0;
  for (const [id, slot] of core.slots) {
    check(slot.id === id, `slot ${slot.id} is stored under ${id}`);
    if (slot.kind === 'idle') idle++;
    if (slot.kind !== 'running') continue;
    const { done, limit, batch, abandoned } = slot;
    check(done < limit, `slot ${id} has spoken of ${done} tasks of ${limit} and is not idle`);
    check(limit <= batch.count, `slot ${id} runs ${limit} tasks of a batch of ${batch.count}`);
    for (const offset of abandoned) check(offset < batch.count, `slot ${id} gave up task ${offset} of ${batch.count}`);
  }
  const waiting = core.ready.reduce((sum, { count }) => sum + count, 0);
  const starting = [...core.slots.values()].filter(({ kind }) => kind === 'starting').length;
  check(core.unstarted.length === 0 || waiting <= starting, `${waiting} tasks wait, and ${starting} threads start`);
  for (const id of core.unstarted) check(!core.slots.has(id), `slot ${id} was started, and was not`);
  check(idle === 0 || core.ready.length === 0, `${idle} threads are idle and ${core.ready.length} units are ready`);
}

function checkUnits(core: WorkerCore): void {
  const taken = new Map<number, Set<number>>();
  const take = (array: number, start: number, count: number): void => {
    const tasks = taken.get(array) ?? new Set();
    taken.set(array, tasks);
    for (let i = start; i < start + count; i++) {
      check(!tasks.has(i), `task ${i} of array ${array} is here twice`);
      tasks.add(i);
    }
  };
  const waiting = new Set<Unit>();
  for (const [key, { units }] of core.fetches) {
    check(units.size > 0, `nobody waits for fetch ${key}`);
    for (const unit of units) {
      waiting.add(unit);
      check(unit.waitingFor.has(key), `a unit of array ${unit.array} does not wait for ${key}`);
    }
  }
  for (const unit of [...core.ready, ...waiting]) {
    check(unit.count > 0, `a unit of array ${unit.array} has no tasks`);
    check(waiting.has(unit) === unit.waitingFor.size > 0, `a unit of array ${unit.array} is ready and waits`);
    for (const key of unit.waitingFor) check(core.fetches.get(key)?.units.has(unit) ?? false, `fetch ${key} was lost`);
    take(unit.array, unit.start, unit.count);
  }
  for (const slot of core.slots.values()) {
    if (slot.kind !== 'running') continue;
    for (let i = slot.done; i < slot.limit; i++)
      if (!slot.abandoned.has(i)) take(slot.batch.array, slot.batch.start + i, 1);
  }
}

function checkFunctions(core: WorkerCore): void {
  const users = new Map<string, number>();
  for (const { spec } of core.arrays.values()) users.set(spec.fn, (users.get(spec.fn) ?? 0) + 1);
  for (const [fn, count] of users) check(core.users.get(fn) === count, `function ${fn} has ${count} users`);
  for (const fn of core.users.keys()) check(users.has(fn), `function ${fn} has no users`);
  for (const fn of core.functions.keys()) check(users.has(fn), `function ${fn} is kept for nothing`);
}

function check(holds: boolean, broken: string): void {
  if (!holds) throw new Error(`Invariant broken: ${broken}`);
}
