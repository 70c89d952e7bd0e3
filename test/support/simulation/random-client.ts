/** What a client might do next, at random: submit something, let go of something, change its mind. */
import type { Dependency, TaskOptions } from '../../../src/protocol/messages.ts';
import type { Random } from '../random.ts';
import type { ClientTasks } from './simulated-client.ts';
import { type SimulatedCluster, WORKER_NAMES } from './simulated-cluster.ts';

const FUNCTIONS = ['add', 'blur', 'cut'];

export function actAtRandom(cluster: SimulatedCluster): void {
  const { random, client } = cluster;
  const any = (): ClientTasks | undefined => pickFrom(random, [...client.arrays.values()]);
  const tasks = any();
  const dice = random.below(20);
  if (tasks === undefined || dice < 9) submitAtRandom(cluster);
  else if (dice < 11) cluster.scatter();
  else if (dice < 14)
    client.release(
      tasks,
      someOf(random, tasks, (i) => !tasks.released.has(i)),
    );
  else if (dice < 15)
    client.release(
      tasks,
      allOf(tasks, (i) => !tasks.released.has(i)),
    );
  else if (dice < 16)
    client.cancel(
      tasks,
      someOf(random, tasks, (i) => tasks.statuses[i] === 'pending'),
    );
  else if (dice < 18) retry(client, tasks);
  else client.want(tasks);
}

function retry(client: SimulatedCluster['client'], tasks: ClientTasks): void {
  const failed = allOf(tasks, (i) => tasks.statuses[i] === 'failed' && !tasks.released.has(i));
  if (failed.length > 0 && tasks.scattered === null) client.retry(tasks, failed);
}

function submitAtRandom(cluster: SimulatedCluster): void {
  const { random, client } = cluster;
  const count = random.pick([1, 1 + random.below(7), 1 + random.below(20)]);
  const needs = (most: number): Dependency[] =>
    Array.from({ length: random.below(most + 1) }, () => randomNeed(random, client.arrays)).filter(
      (need) => need !== undefined,
    );
  const shape = random.below(4);
  const zip = shape === 0 ? randomZip(random, client.arrays, count) : null;
  const ownList = shape === 1 ? Array.from({ length: count }, (_, i): [number, Dependency[]] => [i, needs(2)]) : [];
  const own = new Map(ownList.filter(([, list]) => list.length > 0));
  const items = shape === 2 ? Array.from({ length: count }, () => random.below(1000)) : null;
  const options = randomOptions(random);
  cluster.noted(client.submit({ count, fn: random.pick(FUNCTIONS), shared: needs(2), own, zip, items, options }));
}

function randomOptions(random: Random): TaskOptions {
  const isRestricted = random.below(8) === 0;
  return {
    retries: random.below(3),
    priority: random.below(3),
    workers: isRestricted ? [random.pick([...WORKER_NAMES, 'host-0', 'host-1'])] : [],
    allowOtherWorkers: random.below(2) === 0,
    timeoutMs: random.below(15) === 0 ? 20 : 0,
  };
}

/** One value or a whole array, of those that the client still has a future of. */
function randomNeed(random: Random, arrays: ReadonlyMap<number, ClientTasks>): Dependency | undefined {
  const source = pickFrom(random, [...arrays.values()].slice(-8));
  if (source === undefined) return undefined;
  if (source.released.size === 0 && random.below(3) === 0)
    return { array: source.id, start: 0, count: source.count, whole: true };
  const start = pickFrom(
    random,
    allOf(source, (i) => !source.released.has(i)),
  );
  return start === undefined ? undefined : { array: source.id, start, count: 1, whole: false };
}

function randomZip(random: Random, arrays: ReadonlyMap<number, ClientTasks>, count: number): ClientTasks['zip'] {
  const source = pickFrom(
    random,
    [...arrays.values()].filter((tasks) => tasks.released.size === 0 && tasks.count >= count),
  );
  return source === undefined ? null : { array: source.id, start: random.below(source.count - count + 1) };
}

function allOf(tasks: ClientTasks, holds: (index: number) => boolean): number[] {
  return Array.from({ length: tasks.count }, (_, index) => index).filter(holds);
}

function someOf(random: Random, tasks: ClientTasks, holds: (index: number) => boolean): number[] {
  return allOf(tasks, holds).filter(() => random.below(2) === 0);
}

function pickFrom<T>(random: Random, choices: readonly T[]): T | undefined {
  return choices.length === 0 ? undefined : random.pick(choices);
}
