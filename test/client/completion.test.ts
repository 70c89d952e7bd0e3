import { hasCode } from 'rolecall';
import * as assert from 'uvu/assert';
import { clusterSuite, errorOf } from './support.ts';

const test = clusterSuite('asCompleted, wait, gather, scatter', { slots: 2 });

const sleep = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, ms, ms));

test('asCompleted yields in the order of ending, failed tasks too', async ({ client }) => {
  const futures = [
    client.submit(sleep, 1500),
    client.submit(sleep, 10),
    client.submit(() => Promise.reject<number>(new Error('no'))),
  ];
  const seen: string[] = [];
  for await (const completed of client.asCompleted(futures)) {
    seen.push(
      completed.status === 'finished'
        ? `${completed.index}: ${completed.value}`
        : `${completed.index}: ${completed.status}`,
    );
  }
  assert.is(seen.at(-1), '0: 1500');
  assert.equal([...seen].sort(), ['0: 1500', '1: 10', '2: error']);
});

test('asCompleted takes a future array', async ({ client }) => {
  let sum = 0;
  for await (const completed of client.asCompleted(client.map((x: number) => x, [1, 2, 3]))) {
    if (completed.status === 'finished') sum += completed.value;
  }
  assert.is(sum, 6);
});

test('wait returns when all, or the first, have ended', async ({ client }) => {
  const slow = client.submit(sleep, 1500);
  const fast = client.submit(sleep, 1);
  const first = await client.wait([slow, fast], { until: 'first' });
  assert.equal(first.done, [fast]);
  assert.equal(first.pending, [slow]);
  assert.is((await client.wait([slow, fast])).pending.length, 0);
});

test('wait gives up after timeoutMs, saying how many have ended', async ({ client }) => {
  const error = await errorOf(client.wait([client.submit(sleep, 300)], { timeoutMs: 10 }));
  assert.ok(hasCode(error, 'ERR_DEADLINE'));
  assert.match((error as Error).message, /0 of 1/);
});

test('gather keeps the shape', async ({ client }) => {
  const one = client.submit(() => 1);
  const list = client.map((x: number) => x, [2, 3]);
  assert.equal(await client.gather({ a: one, b: [list, { c: one }], d: new Set([one]) }), {
    a: 1,
    b: [[2, 3], { c: 1 }],
    d: new Set([1]),
  });
});

test('gather can leave failed tasks out', async ({ client }) => {
  const bad = client.submit(() => Promise.reject<number>(new Error('no')));
  const good = client.submit(() => 1);
  assert.equal(await client.gather([bad, good], { errors: 'skip' }), [1]);
  assert.equal(await client.gather({ bad, good }, { errors: 'skip' }), { bad: null, good: 1 } as never);
});

test('scatter copies a value once for many tasks', async ({ client }) => {
  const table = client.scatter(new Float64Array(100_000).fill(2));
  assert.equal(await client.map((i: number, t: Float64Array) => i * (t[i] as number), [1, 2, 3], table), [2, 4, 6]);
  assert.is((await table).length, 100_000);
});

test('scatter copies to all workers if asked', async ({ client }) => {
  const everywhere = client.scatter({ a: 1 }, { broadcast: true });
  assert.equal(await everywhere, { a: 1 });
});

test('waitForWorkers gives up with the number of those who came', async ({ client }) => {
  const error = await errorOf(client.waitForWorkers(5, { timeoutMs: 20 }));
  assert.ok(hasCode(error, 'ERR_DEADLINE'));
  assert.match((error as Error).message, /5 workers; 2 have joined/);
});

test('workers tells names, hosts and slots', ({ client }) => {
  assert.equal(
    client.workers.map(({ name, slots }) => ({ name, slots })).sort((a, b) => a.name.localeCompare(b.name)),
    [
      { name: '2', slots: 2 },
      { name: '3', slots: 2 },
    ],
  );
});

test.run();
