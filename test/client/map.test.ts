import { hasCode } from 'rolecall';
import * as assert from 'uvu/assert';
import { clusterSuite, errorOf } from './support.ts';

const test = clusterSuite('Client.map');

test('gives the values in the order of the items', async ({ client }) => {
  const items = Array.from({ length: 5000 }, (_, i) => i);
  assert.equal(
    await client.map((x: number) => x * x, items),
    items.map((x) => x * x),
  );
});

test('passes constants to each call', async ({ client }) => {
  assert.equal(await client.map((x: number, a: number, b: string) => `${x + a}${b}`, [1, 2], 10, '!'), ['11!', '12!']);
});

test('takes any iterable, and an empty one', async ({ client }) => {
  assert.equal(await client.map((x: string) => x.toUpperCase(), new Set(['a', 'b'])), ['A', 'B']);
  assert.equal(await client.map((x: number) => x, []), []);
});

test('maps over a future array, task by task', async ({ client }) => {
  const items = Array.from({ length: 1000 }, (_, i) => i);
  const once = client.map((x: number) => x + 1, items);
  const twice = client.map((x: number) => x * 2, once);
  assert.equal(
    await twice,
    items.map((x) => (x + 1) * 2),
  );
});

test('maps over a list that mixes values and futures', async ({ client }) => {
  const two = client.submit(() => 2);
  assert.equal(await client.map((x: number) => x * 10, [1, two, 3, two]), [10, 20, 30, 20]);
});

test('gives items whose values do not ride along', async ({ client }) => {
  const blobs = await client.map((n: number) => new Uint8Array(n).fill(n % 256), [10, 100_000, 300, 200_000, 5]);
  assert.equal(
    blobs.map((blob) => [blob.length, blob[0]]),
    [
      [10, 10],
      [100_000, 100_000 % 256],
      [300, 300 % 256],
      [200_000, 200_000 % 256],
      [5, 5],
    ],
  );
});

test('gives values that were not waited for when they were made', async ({ client }) => {
  const array = client.map((x: number) => 'y'.repeat(x), [1, 500, 2000]);
  await client.wait(array);
  assert.equal(
    (await array).map((text) => text.length),
    [1, 500, 2000],
  );
});

test('rejects with the first error, and tells the others by their futures', async ({ client }) => {
  const array = client.map(
    (x: number) => {
      if (x === 3) throw new RangeError('three');
      return x;
    },
    [1, 2, 3, 4],
  );
  const error = await errorOf(array);
  assert.instance(error, RangeError);
  await client.wait(array);
  assert.equal(
    array.toArray().map((future) => future.status),
    ['finished', 'finished', 'error', 'finished'],
  );
  assert.is(await array[3], 4);
  assert.equal(array.counts(), { pending: 0, finished: 3, error: 1, cancelled: 0 });
});

test('gives single futures by index, the same one each time', async ({ client }) => {
  const array = client.map((x: number) => -x, [1, 2, 3]);
  assert.is(array.length, 3);
  assert.is(array[1], array.at(1));
  assert.is(await array.at(-1), -3);
  assert.is(array.at(3), undefined);
  assert.is([...array].length, 3);
});

test('hands work of a slow task to whoever is idle', async ({ client }) => {
  const work = async (x: number): Promise<number> => {
    if (x === 0) await new Promise((resolve) => setTimeout(resolve, 400));
    return x;
  };
  const items = Array.from({ length: 4000 }, (_, i) => i);
  const array = client.map(work, items);
  const before = performance.now();
  await client.wait(array.toArray().slice(1));
  assert.is(array[0]?.status, 'pending', `the others ended after ${performance.now() - before} ms`);
  assert.equal(await array, items);
});

test('refuses what is not a list', ({ client }) => {
  assert.throws(
    () => client.map((x: number) => x, 5 as never),
    (error: unknown) => hasCode(error, 'ERR_INVALID_ARGUMENT'),
  );
});

test.run();
