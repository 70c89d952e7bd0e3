/** What must be true of a simulated cluster that has come to rest. */
import { arrayId } from '../../../src/protocol/ids.ts';
import { holdsValue } from '../../../src/scheduler/core/copies.ts';
import type { ClientTasks } from './simulated-client.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { decode } from './values.ts';

/** Every task that the client still wants is settled as a sequential program would have settled it, or failed for a reason. */
export function checkOutcome(cluster: SimulatedCluster): void {
  for (const tasks of cluster.client.arrays.values()) {
    for (let i = 0; i < tasks.count; i++) if (!tasks.released.has(i)) checkTask(cluster, tasks, i);
  }
  checkStores(cluster);
}

/** After the client has let go of everything, nothing is left anywhere. */
export function checkNothingLeft(cluster: SimulatedCluster): void {
  const { core } = cluster.scheduler;
  expect(core.arrays.size === 0, `the scheduler keeps arrays ${[...core.arrays.keys()]}`);
  for (const { info, core: worker } of cluster.workers.values()) {
    const left = [
      worker.arrays.size,
      worker.functions.size,
      worker.fetches.size,
      worker.ready.length,
      worker.store.byteLength,
    ];
    expect(
      left.every((count) => count === 0),
      `worker ${info.id} keeps arrays, functions, fetches, units, bytes: ${left}`,
    );
  }
}

function checkTask(cluster: SimulatedCluster, tasks: ClientTasks, index: number): void {
  const name = `task ${tasks.id}/${index}`;
  const status = tasks.statuses[index];
  expect(status !== 'pending', `${name} was never settled`);
  const reasons = reasonsToFail(cluster, tasks, index);
  const code = String(tasks.codes[index]);
  if (status === 'failed') return expect(reasons.may.has(code), `${name} failed with ${code} and had no reason to`);
  expect(!reasons.must, `${name} has a value and must have failed`);
  const expected = cluster.reference.valueOf(tasks, index);
  const holder = cluster.workers.get(tasks.holders[index] as number);
  const stored = holder?.core.store.get(arrayId(1, tasks.id), index);
  expect(stored !== undefined, `${name} is not at worker ${tasks.holders[index]}, where the client thinks it is`);
  expect(decode(stored as Uint8Array) === expected, `${name} has another value than a sequential program makes`);
  const inline = tasks.inline[index];
  expect(inline === undefined || inline === expected, `${name} came to the client with another value`);
}

function reasonsToFail(
  cluster: SimulatedCluster,
  tasks: ClientTasks,
  index: number,
): { may: Set<string>; must: boolean } {
  const { injected, behaviours } = cluster;
  const may = new Set<string>();
  let must = false;
  cluster.reference.eachAncestor(tasks, index, (task, i) => {
    const key = cluster.keyOf(task, i);
    const behaviour = behaviours.get(key);
    const isComputed = task.scattered === null;
    if (behaviour !== undefined && isComputed && behaviour.throws > task.options.retries) may.add('THROWN');
    if (isComputed && behaviour?.throws === Number.POSITIVE_INFINITY) must = true;
    if (injected.crashed.has(key)) may.add('CRASHED');
    if (task.options.timeoutMs > 0) may.add('ERR_DEADLINE');
    if (task.cancelled.has(i)) may.add('ERR_CANCELLED');
    if (!isComputed) may.add('ERR_DATA_LOST').add('ERR_CONNECT');
    if (injected.workersLost > cluster.scheduler.core.limits.allowedLosses) may.add('ERR_WORKER_LOST');
  });
  return { may, must };
}

/** What the scheduler thinks of the workers' stores is true, and they hold nothing else. */
function checkStores(cluster: SimulatedCluster): void {
  const { arrays } = cluster.scheduler.core;
  for (const { info, core } of cluster.workers.values()) {
    for (const array of arrays.values()) {
      for (let i = 0; i < array.count; i++) {
        const isThought = holdsValue(array, i, info.id);
        const isThere = core.store.hasAll(array.id, i, 1);
        expect(isThought === isThere, `value ${array.id}/${i} is ${isThere ? '' : 'not '}at worker ${info.id}`);
      }
    }
  }
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
