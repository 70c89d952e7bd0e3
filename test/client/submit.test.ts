import { Client, currentTask, type Future, hasCode } from 'rolecall';
import { InprocCluster } from 'rolecall/testing';
import * as assert from 'uvu/assert';
import { clusterSuite, errorOf } from './support.ts';

const test = clusterSuite('Client.submit');

test('gives the value of a closure that captures variables', async ({ client }) => {
  const scale = 3;
  assert.is(await client.submit((x: number) => scale * x, 14), 42);
});

test('awaits an async task', async ({ client }) => {
  assert.is(await client.submit(async (x: number) => (await Promise.resolve(x)) + 1, 1), 2);
});

test('replaces futures in arguments, however deep, by their values', async ({ client }) => {
  const one = client.submit(() => 1);
  const list = client.map((x: number) => x * 10, [1, 2]);
  const sum = client.submit(
    (a: { deep: [number]; map: Map<string, number> }, all: number[]) => a.deep[0] + (a.map.get('k') ?? 0) + all.length,
    {
      deep: [one] as [Future<number>],
      map: new Map([['k', one]]),
    },
    list,
  );
  assert.is(await sum, 4);
});

test('takes the same future several times in one call', async ({ client }) => {
  const two = client.submit(() => 2);
  assert.is(await client.submit((a: number, b: number, c: number[]) => a + b + c.length, two, two, [two, two]), 6);
});

test('copies arguments at the call', async ({ client }) => {
  const list = [1, 2, 3];
  const sum = client.submit((xs: number[]) => xs.reduce((a, b) => a + b), list);
  list.push(100);
  assert.is(await sum, 6);
});

test('gives each task arguments of its own, so that it may change them', async ({ client }) => {
  const shared = client.scatter([1, 2, 3]);
  const push = (_: number, xs: number[]): number => xs.push(0);
  assert.equal(await client.map(push, [0, 0, 0, 0], shared), [4, 4, 4, 4]);
});

test('brings typed arrays there and back', async ({ client }) => {
  const doubled = await client.submit((xs: Float64Array) => xs.map((x) => 2 * x), new Float64Array([1, 2, 3]));
  assert.instance(doubled, Float64Array);
  assert.equal([...doubled], [2, 4, 6]);
});

test('brings instances of a class of the job file back as instances of that class', async ({ client }) => {
  class Point {
    readonly x: number;
    readonly y: number;
    constructor(x: number, y: number) {
      this.x = x;
      this.y = y;
    }
    get length(): number {
      return Math.hypot(this.x, this.y);
    }
  }
  const point = await client.submit((p: Point) => new Point(p.x * 2, p.y * 2), new Point(3, 4));
  assert.instance(point, Point);
  assert.is(point.length, 10);
});

test('brings a value of 20 MB from one worker to the other and back', async ({ client }) => {
  const big = client.with({ workers: 2 }).submit((n: number) => new Float64Array(n).fill(1), 2.5e6);
  const sum = client.with({ workers: 3 }).submit((xs: Float64Array) => xs.reduce((a, b) => a + b), big);
  assert.is(await sum, 2.5e6);
  assert.is((await big).length, 2.5e6);
});

test('tells a task who it is', async ({ client }) => {
  const about = await client.with({ workers: 3, name: 'whoami' }).submit(() => {
    const { name, worker, attempt, signal } = currentTask();
    return { name, worker, attempt, aborted: signal.aborted };
  });
  assert.equal(about, { name: 'whoami', worker: '3', attempt: 0, aborted: false });
});

test('refuses what is not a function', ({ client }) => {
  assert.throws(
    () => client.submit('no' as never),
    (error: unknown) => hasCode(error, 'ERR_NOT_A_FUNCTION'),
  );
});

test('refuses an argument that cannot travel, and goes on', async ({ client }) => {
  const weak = new WeakMap();
  assert.throws(
    () => client.submit((x: unknown) => x, weak),
    (error: unknown) => hasCode(error, 'ERR_UNSERIALISABLE_ARGUMENT'),
  );
  assert.is(await client.submit(() => 1), 1);
});

test('fails a task whose result cannot travel, and the worker goes on', async ({ client }) => {
  const error = await errorOf(client.submit(() => new WeakMap()));
  assert.ok(hasCode(error, 'ERR_UNSERIALISABLE_RESULT'), String(error));
  assert.is(await client.submit(() => 1), 1);
});

test('refuses a future of another client', async ({ client }) => {
  await using cluster = await InprocCluster.start();
  await using other = new Client(cluster);
  const foreign = other.submit(() => 1);
  assert.throws(
    () => client.submit((x: number) => x, foreign),
    (error: unknown) => hasCode(error, 'ERR_FOREIGN_FUTURE'),
  );
});

test('refuses a captured future, naming it', ({ client }) => {
  const captured = client.submit(() => 1);
  assert.throws(() => client.submit(() => captured), /captured/);
});

test('runs a chain of a thousand tasks', async ({ client }) => {
  let last = client.submit(() => 0);
  for (let i = 0; i < 1000; i++) last = client.submit((x: number) => x + 1, last);
  assert.is(await last, 1000);
});

test.run();
