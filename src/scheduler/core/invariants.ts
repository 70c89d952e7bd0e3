/** What must hold between any two events, recomputed from scratch. Called after every test. */
import type { Dependency } from '../../protocol/messages.ts';
import type { Core } from './core.ts';
import { isNeeded } from './dependencies.ts';
import {
  allDependencies,
  type Consumers,
  hasAllValues,
  ownDependencies,
  type TaskArray,
  taskName,
} from './task-array.ts';
import { FAILED, isSettled, MEMORY, READY, RELEASED, RUNNING, TASK_KINDS, WAITING } from './task-state.ts';

/** Throws if anything that the core counts or links is not as the tasks say, or if a task would wait or be kept for ever. */
export function checkInvariants(core: Core): void {
  check(core.consequences.length === 0, 'consequences are left over from an event');
  for (const [id, array] of core.arrays) {
    check(array.id === id, `array ${array.id} is stored under ${id}`);
    checkCounters(array);
    for (let i = 0; i < array.count; i++) checkTask(core, array, i);
    check(array.ready.size === 0 || core.ready.has(array), `array ${id} has ready tasks and is not queued`);
    checkCopies(core, array);
    const isForgotten = array.wantedCount === 0 && array.madeInto.size === 0 && array.released === array.count;
    check(!isForgotten, `array ${id} is kept for nothing`);
  }
  checkConsumers(core);
  checkWorkers(core);
}

function checkCounters(array: TaskArray): void {
  const there = TASK_KINDS.map(() => 0);
  for (const kind of array.kinds) there[kind] = (there[kind] as number) + 1;
  const is = (counted: number, expected: number | undefined, what: string): void =>
    check(counted === expected, `array ${array.id} counts ${counted} ${what}, there are ${expected}`);
  is(array.inMemory, there[MEMORY], 'tasks in memory');
  is(array.released, there[RELEASED], 'released tasks');
  is(array.ready.size, there[READY], 'ready tasks');
  is(array.failures.size, there[FAILED], 'failed tasks');
  is(array.unsettled, array.kinds.filter((kind) => !isSettled(kind)).length, 'unsettled tasks');
  is(array.wantedCount, array.wanted.filter((wanted) => wanted === 1).length, 'wanted tasks');
}

function checkTask(core: Core, array: TaskArray, index: number): void {
  const kind = array.kinds[index] as number;
  const worker = array.workers[index] as number;
  const name = `${TASK_KINDS[kind as 0]} task ${taskName(array, index)} of array ${array.id}`;
  check(array.ready.has(index) === (kind === READY), `${name}: the set of ready tasks is wrong`);
  check(array.failures.has(index) === (kind === FAILED), `${name}: the failures are wrong`);
  const isWithWorker = kind === RUNNING || kind === MEMORY;
  check(isWithWorker ? core.workers.has(worker) : worker === -1, `${name} is said to be with worker ${worker}`);
  if (isWithWorker) check(array.toldTo.has(worker), `${name}: worker ${worker} will not be told to forget it`);
  const isKept = array.wanted[index] === 1 || isNeeded(array, index);
  check(kind === RELEASED || isKept, `${name} is kept for nothing`);
  checkMissing(core, array, index, name);
}

function checkMissing(core: Core, array: TaskArray, index: number, name: string): void {
  const kind = array.kinds[index] as number;
  const missing = (needs: readonly Dependency[]): number => needs.filter((need) => !hasValues(core, need)).length;
  check(array.sharedMissing === missing(array.shared), `${name} has ${array.sharedMissing} shared sources missing`);
  const own = array.ownMissing?.[index] ?? 0;
  check(own === missing(ownDependencies(array, index)), `${name} has ${own} sources of its own missing`);
  if (kind === READY) check(hasAllValues(array, index), `${name} lacks values`);
  if (kind === WAITING) check(!hasAllValues(array, index) || array.spec === null, `${name} waits for nothing`);
  if (isSettled(kind)) return;
  for (const need of allDependencies(array, index)) {
    const source = core.arrays.get(need.array);
    for (let i = need.start; source !== undefined && i < need.start + need.count; i++) {
      const isComing = source.kinds[i] === MEMORY || !isSettled(source.kinds[i] as number);
      check(isComing, `${name} needs ${taskName(source, i)}, which is ${TASK_KINDS[source.kinds[i] as 0]}`);
    }
  }
}

function hasValues(core: Core, { array, start, count }: Dependency): boolean {
  const kinds = core.arrays.get(array)?.kinds.subarray(start, start + count);
  return kinds?.every((kind) => kind === MEMORY) ?? false;
}

function checkCopies(core: Core, array: TaskArray): void {
  for (const [worker, held] of array.copies) {
    check(
      core.workers.has(worker) && array.toldTo.has(worker),
      `worker ${worker} has copies of ${array.id} and is gone`,
    );
    for (const i of held.indices()) {
      const isCopy = array.kinds[i] === MEMORY && array.workers[i] !== worker;
      check(isCopy, `worker ${worker} is said to have a copy of ${taskName(array, i)} of array ${array.id}`);
    }
  }
}

/** Links, counts of those that need a value, and `madeInto`, against what the consumers say that they need. */
function checkConsumers(core: Core): void {
  const expected = new Map<Consumers, { members: number; needing: number }>();
  const expect = (consumers: Consumers | undefined, isSettledTask: boolean): void => {
    check(consumers !== undefined, 'a consumer is not registered with its source');
    const known = expected.get(consumers as Consumers) ?? { members: 0, needing: 0 };
    known.members++;
    if (!isSettledTask) known.needing++;
    expected.set(consumers as Consumers, known);
  };
  for (const array of core.arrays.values()) eachNeed(core, array, expect);
  for (const array of core.arrays.values()) {
    for (const made of array.madeInto)
      check(core.arrays.get(made.id) === made, `array ${array.id} keeps a dropped one`);
    for (const consumers of [array.wholeConsumers, ...array.taskConsumers.values()]) {
      const { members, needing } = expected.get(consumers) ?? { members: 0, needing: 0 };
      check(
        consumers.members.size === members,
        `array ${array.id} has ${consumers.members.size} consumers, not ${members}`,
      );
      check(
        consumers.needing === needing,
        `array ${array.id} counts ${consumers.needing} that need it, not ${needing}`,
      );
    }
  }
}

function eachNeed(
  core: Core,
  array: TaskArray,
  visit: (of: Consumers | undefined, isSettledTask: boolean) => void,
): void {
  const look = (need: Dependency, isSettledTask: boolean): void => {
    const source = core.arrays.get(need.array);
    if (source === undefined) return;
    check(source.madeInto.has(array), `array ${source.id} does not know that ${array.id} was made from it`);
    visit(need.whole ? source.wholeConsumers : source.taskConsumers.get(need.start), isSettledTask);
  };
  for (const need of array.shared) look(need, array.unsettled === 0);
  for (const [index, needs] of array.own) for (const need of needs) look(need, isSettled(array.kinds[index] as number));
}

function checkWorkers(core: Core): void {
  let running = 0;
  let slots = 0;
  for (const worker of core.workers.values()) {
    let outstanding = 0;
    for (const [id, runs] of worker.runs) {
      for (const { tasks } of runs) {
        outstanding += tasks.size;
        for (const i of tasks.indices()) {
          const array = core.arrays.get(id);
          const isHere = array?.kinds[i] === RUNNING && array.workers[i] === worker.id;
          check(isHere, `worker ${worker.info.name} is said to run task ${i} of array ${id}`);
        }
      }
    }
    check(
      worker.outstanding === outstanding,
      `worker ${worker.info.name} counts ${worker.outstanding}, not ${outstanding}`,
    );
    check(
      outstanding > 0 || worker.outstandingMs === 0,
      `worker ${worker.info.name} has nothing to do and still has work`,
    );
    const isLookedAt = core.roomy.has(worker) || outstanding >= worker.info.slots || worker.leaving;
    check(!worker.leaving || !core.roomy.has(worker), `worker ${worker.info.name} leaves and is still given work`);
    check(isLookedAt, `worker ${worker.info.name} has a free slot and nobody looks at it`);
    slots += worker.info.slots;
    running += outstanding;
  }
  check(core.totalSlots === slots, `${core.totalSlots} slots are counted, there are ${slots}`);
  const kinds = [...core.arrays.values()].flatMap((array) => [...array.kinds]);
  check(
    running === kinds.filter((kind) => kind === RUNNING).length,
    'tasks run that no worker has, or two workers have',
  );
}

function check(holds: boolean, broken: string): void {
  if (!holds) throw new Error(`Invariant broken: ${broken}`);
}
