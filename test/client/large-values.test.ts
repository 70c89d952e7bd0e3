import { Client } from 'rolecall';
import { InprocCluster } from 'rolecall/testing';
import * as assert from 'uvu/assert';
import { addonTest, descriptorsOf } from '../native/support.ts';
import { waitUntil } from '../support/wait-until.ts';
import { clusterSuite } from './support.ts';

const test = clusterSuite('large values');
const withAddon = addonTest(test);
const MILLION = 1_000_000;

test('a large result is used by tasks on every worker, and comes to the client', async ({ client }) => {
  const grid = client.submit((n: number) => Float64Array.from({ length: n }, (_, i) => i), MILLION);
  const sums = client.map((worker: number, g: Float64Array) => g[worker], [1, 2, 3, 4], grid);
  assert.equal([...(await sums)], [1, 2, 3, 4]);
  const [one, two] = await Promise.all(
    ['2', '3'].map((worker) => client.with({ workers: Number(worker) }).submit((g: Float64Array) => g.at(-1), grid)),
  );
  assert.equal([one, two], [MILLION - 1, MILLION - 1]);
  const value = await grid;
  assert.instance(value, Float64Array);
  assert.is(value.length, MILLION);
  assert.is(value[4711], 4711);
});

test('a task may write into its input, and nobody sees it', async ({ client }) => {
  const grid = client.scatter(new Float64Array(MILLION).fill(1));
  const overwrite = (_: number, g: Float64Array): number => {
    const before = g[7] as number;
    g.fill(9);
    return before;
  };
  assert.equal([...(await client.map(overwrite, [1, 2, 3, 4, 5, 6], grid))], [1, 1, 1, 1, 1, 1]);
  (await grid)[7] = 5;
  assert.is(await client.submit((g: Float64Array) => g[7], grid), 1);
});

test('scatter is a snapshot', async ({ client }) => {
  const data = new Float64Array(MILLION).fill(1);
  const grid = client.scatter(data, { broadcast: true });
  data.fill(2);
  assert.is(await client.submit((g: Float64Array) => g[0], grid), 1);
});

test('buffers, views and their structure arrive as they were', async ({ client }) => {
  const make = () => {
    const buffer = new ArrayBuffer(800_000);
    const whole = new Uint8Array(buffer).fill(3);
    return {
      buffer,
      whole,
      part: new Uint16Array(buffer, 16, 8),
      text: 'x'.repeat(300_000),
      own: Buffer.alloc(100_000, 4),
    };
  };
  const value = await client.submit(make);
  assert.is(value.whole.buffer, value.buffer);
  assert.is(value.part.buffer, value.buffer);
  assert.is(value.part.byteOffset, 16);
  assert.is(value.text.length, 300_000);
  assert.is(value.own.at(-1), 4);
});

test('a task that returns its input, and one that keeps a part of it', async ({ client }) => {
  const grid = client.scatter(new Float64Array(MILLION).fill(3));
  const same = client.submit((g: Float64Array) => g, grid);
  const part = client.submit((g: Float64Array) => g.subarray(10, 12), same);
  assert.equal(await part, new Float64Array([3, 3]));
});

test('large arguments and items do not go through the scheduler, and are there as long as a task needs them', async ({
  client,
  cluster,
}) => {
  const before = cluster.storedBytes;
  const big = new Float64Array(MILLION).fill(1);
  const added = client.submit(
    (a: Float64Array, b: Float64Array, n: number) => a[0]! + b[0]! + n,
    big,
    big.map((x) => x + 1),
    10,
  );
  assert.is(await added, 13);
  const firsts = client.map((g: Float64Array, h: Float64Array) => g[0]! + h[0]!, [big, big.map(() => 5)], big);
  assert.equal([...(await firsts)], [2, 6]);
  firsts.release();
  await waitUntil(() => cluster.storedBytes < before + 100_000);
});

withAddon('nothing is left when futures are released', async ({ client }) => {
  const before = descriptorsOf('self');
  for (let round = 0; round < 20; round++) {
    const grid = client.scatter(new Float64Array(MILLION));
    const next = client.submit((g: Float64Array) => g.map((x) => x + 1), grid);
    assert.is((await next)[0], 1);
    next.release();
    grid.release();
  }
  await waitUntil(() => descriptorsOf('self') <= before);
});

withAddon('a cancelled task that makes a large result leaves nothing', async () => {
  await using cluster = await InprocCluster.start({ nWorkers: 1 });
  await using client = new Client(cluster);
  await client.waitForWorkers(1);
  const before = descriptorsOf('self');
  for (let round = 0; round < 5; round++) {
    const loop = client.submit((n: number) => {
      const made = new Float64Array(n);
      const until = performance.now() + 20;
      while (performance.now() < until) made[0] = (made[0] as number) + 1;
      return made;
    }, MILLION);
    loop.cancel();
    await loop.then(
      () => {},
      () => {},
    );
  }
  await waitUntil(() => descriptorsOf('self') <= before && cluster.storedBytes === 0);
});

test.run();
