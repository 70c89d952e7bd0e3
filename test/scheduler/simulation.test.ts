// deadline: 180 s
/**
 * Whole clusters in virtual time: the real cores of the scheduler and of the workers, with random work, random delays and random
 * faults. `ROLECALL_SEEDS=5000 npx node test/scheduler/simulation.test.ts` tries more seeds; `ROLECALL_SEED=17` tries one.
 */
import { suite } from 'uvu';
import { checkNothingLeft, checkOutcome } from '../support/simulation/outcome.ts';
import { actAtRandom } from '../support/simulation/random-client.ts';
import { SimulatedCluster, WORKER_NAMES } from '../support/simulation/simulated-cluster.ts';

const test = suite('simulated cluster');

const ACTIONS = 40;
const MOST_STEPS = 100_000;

function simulate(seed: number, options: { readonly faults: boolean; readonly allowedLosses: number }): void {
  const cluster = new SimulatedCluster(seed, options.allowedLosses);
  const { time, random, client } = cluster;
  for (const name of WORKER_NAMES) cluster.addWorker(name);
  cluster.isFlaky = options.faults;
  for (let at = 0, i = 0; i < ACTIONS; i++) {
    at += random.next() * 8;
    time.at(at, () => actAtRandom(cluster));
    if (options.faults && random.below(4) === 0) time.at(at + random.next() * 8, () => doHarm(cluster));
  }
  time.run(MOST_STEPS);
  const names = new Set([...cluster.workers.values()].map(({ info }) => info.name));
  for (const name of WORKER_NAMES) if (!names.has(name)) cluster.addWorker(name);
  time.run(MOST_STEPS);
  checkOutcome(cluster);
  if (random.below(2) === 0) cluster.loseClient();
  else for (const tasks of [...client.arrays.values()]) client.release(tasks, notReleased(tasks));
  time.run(MOST_STEPS);
  checkNothingLeft(cluster);
}

function doHarm(cluster: SimulatedCluster): void {
  const dice = cluster.random.below(4);
  if (dice === 0) cluster.loseWorker();
  else if (dice === 1) cluster.killThread();
  else if (cluster.workers.size < 6) cluster.addWorker(cluster.random.pick(WORKER_NAMES));
}

function notReleased({
  count,
  released,
}: {
  readonly count: number;
  readonly released: ReadonlySet<number>;
}): number[] {
  return Array.from({ length: count }, (_, index) => index).filter((index) => !released.has(index));
}

function seeds(): readonly number[] {
  const { ROLECALL_SEED: one, ROLECALL_SEEDS: many = '200' } = process.env;
  return one === undefined ? Array.from({ length: Number(many) }, (_, seed) => seed + 1) : [Number(one)];
}

const allowedLosses = (seed: number): number => (seed % 3 === 0 ? 1 : Number.POSITIVE_INFINITY);

for (const faults of [false, true]) {
  test(`settles every task as a sequential program would ${faults ? 'while things go wrong' : 'when nothing goes wrong'}`, () => {
    for (const seed of seeds()) {
      try {
        simulate(seed, { faults, allowedLosses: allowedLosses(seed) });
      } catch (error) {
        throw new Error(`With seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
}

test.run();
