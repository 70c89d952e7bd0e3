import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitUntil } from '../support/wait-until.ts';
import { type AnyMessage, type Impostor, Stage, sizes, submit } from './impostor.ts';

const test = suite('a worker that lies');

interface Scene {
  readonly stage: Stage;
  readonly client: Impostor;
  readonly liar: Impostor;
  readonly honest: Impostor;
  /** The number of array 1 of the client, as the scheduler names it. */
  readonly array: number;
}

/** Three tasks of one client, of which only the honest worker is given any. */
async function scene(): Promise<Scene & AsyncDisposable> {
  const stage = await Stage.start();
  const client = await stage.join('client');
  const honest = await stage.worker('2');
  client.say(
    submit(1, 3, { options: { retries: 0, priority: 0, workers: ['2'], allowOtherWorkers: false, timeoutMs: 0 } }),
  );
  const [compute] = await honest.heard('compute');
  const liar = await stage.worker('3');
  const array = compute?.['array'] as number;
  return { stage, client, honest, liar, array, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

/** What the honest worker says in the end still counts, and the client gets it. */
async function honestyWins({ client, honest, array }: Scene): Promise<void> {
  await waitUntil(() => computed(honest) >= 1);
  let done = 0;
  while (done < 3) {
    for (const { start, count, attempt } of honest.got.filter(
      (message) => message.type === 'compute',
    ) as unknown as Run[]) {
      if (start < done) continue;
      const values = [
        sizes(count),
        new Uint8Array(count),
        new Uint8Array(Uint32Array.from({ length: count }, (_, i) => i + 1).buffer),
      ];
      honest.say({ type: 'finished', array, start, count, attempt, ms: 1, buffers: values });
      done = start + count;
    }
    const before = computed(honest);
    if (done < 3) await waitUntil(() => computed(honest) > before);
  }
  const told = (): number => finishedBy(client).reduce((sum, message) => sum + (message['count'] as number), 0);
  await waitUntil(() => told() >= 3);
  assert.is(told(), 3);
}

interface Run {
  readonly start: number;
  readonly count: number;
  readonly attempt: number;
}

const computed = (worker: Impostor): number => worker.got.filter((message) => message.type === 'compute').length;
const finishedBy = (client: Impostor): AnyMessage[] => client.got.filter((message) => message.type === 'finished');

const LIES: Readonly<Record<string, (array: number) => AnyMessage>> = {
  'results of tasks that it does not have': (array) => ({
    type: 'finished',
    array,
    start: 0,
    count: 3,
    attempt: 0,
    ms: 1,
    buffers: [sizes(3)],
  }),
  'results of a later attempt': (array) => ({
    type: 'finished',
    array,
    start: 0,
    count: 1,
    attempt: 65_535,
    ms: 1,
    buffers: [sizes(1)],
  }),
  'results of an array that is not there': (array) => ({
    type: 'finished',
    array: array + 7,
    start: 0,
    count: 1,
    attempt: 0,
    ms: 1,
    buffers: [sizes(1)],
  }),
  'results beyond the end of an array': (array) => ({
    type: 'finished',
    array,
    start: 2 ** 40,
    count: 2,
    attempt: 0,
    ms: 1,
    buffers: [sizes(2)],
  }),
  'absurd times': (array) => ({
    type: 'finished',
    array,
    start: 0,
    count: 1,
    attempt: 0,
    ms: Number.MAX_VALUE,
    buffers: [sizes(1)],
  }),
  'a failure of a task that it does not have': (array) => ({
    type: 'failed',
    array,
    index: 1,
    attempt: 0,
    code: 'ERR_X',
    retry: false,
    buffers: [],
  }),
  'that it gives back all there is': (array) => ({ type: 'returned', array, attempt: 0, ranges: [0, 2 ** 50] }),
  'copies of values that nobody has made': (array) => ({ type: 'replica', array, start: 0, count: 2 ** 50 }),
  'that a value is missing at everybody': (array) => ({
    type: 'missing',
    array,
    attempt: 0,
    ranges: [0, 3],
    dependency: { array, start: 0, count: 2 ** 50, whole: true },
    from: 2,
  }),
  'an answer to a question that nobody asked': () => ({ type: 'retracted' }),
};

for (const [what, lie] of Object.entries(LIES)) {
  test(`claims ${what}: nothing comes of it`, async () => {
    await using here = await scene();
    here.liar.say(lie(here.array), { type: 'beat', rss: 1, stored: 1, queued: 1 });
    const next = await here.stage.join('client'); // whoever comes later is answered, so the lie was read
    await next.heard('welcome');
    assert.equal(finishedBy(here.client), []);
    await honestyWins(here);
  });
}

const NONSENSE: Readonly<Record<string, (array: number) => AnyMessage>> = {
  'more results than it has sizes for': (array) => ({
    type: 'finished',
    array,
    start: 0,
    count: 2 ** 31,
    attempt: 0,
    ms: 1,
    buffers: [sizes(1)],
  }),
  'values that overlap': (array) => ({
    type: 'finished',
    array,
    start: 0,
    count: 2,
    attempt: 0,
    ms: 1,
    buffers: [sizes(2), new Uint8Array(2), new Uint8Array(Uint32Array.of(2, 1).buffer)],
  }),
  'ranges in disorder': (array) => ({ type: 'returned', array, attempt: 0, ranges: [5, 1, 0, 1] }),
  'absurd sizes of values': (array) => ({
    type: 'finished',
    array,
    start: 0,
    count: 1,
    attempt: 0,
    ms: 1,
    buffers: [sizes(1, Number.NaN)],
  }),
  'negative numbers': (array) => ({
    type: 'failed',
    array,
    index: -1,
    attempt: 0,
    code: null,
    retry: true,
    buffers: [],
  }),
  'a time that runs backwards': (array) => ({
    type: 'finished',
    array,
    start: 0,
    count: 1,
    attempt: 0,
    ms: -5,
    buffers: [sizes(1)],
  }),
  'what only a client says': () => ({ type: 'end', code: 0 }),
  'a second hello': () => ({ type: 'hello' }),
  'a text over the limit': (array) => ({ type: 'output', array, task: 'f', stream: 'out', text: 'x'.repeat(100_001) }),
};

for (const [what, message] of Object.entries(NONSENSE)) {
  test(`sends ${what}: it is cut off, and its tasks run elsewhere`, async () => {
    await using here = await scene();
    here.liar.say(message(here.array));
    await waitUntil(() => here.liar.hasEnded);
    await here.client.heard('workers', 2); // it came, and it is gone
    await honestyWins(here);
  });
}

test('one that is given tasks and lies about others loses nothing for them', async () => {
  await using stage = await Stage.start();
  const client = await stage.join('client');
  const liar = await stage.worker('2');
  client.say(submit(1, 1), submit(2, 1));
  await waitUntil(() => computed(liar) === 2);
  const [first, second] = liar.got.filter((message) => message.type === 'compute') as unknown as { array: number }[];
  liar.say({ type: 'finished', array: first?.array, start: 0, count: 9, attempt: 0, ms: 1, buffers: [sizes(9)] });
  liar.say({ type: 'failed', array: second?.array, index: 0, attempt: 9, code: null, retry: false, buffers: [] });
  await client.heard('finished');
  liar.channel.destroy();
  const honest = await stage.worker('4');
  await waitUntil(() => computed(honest) === 2); // the second, and the first, whose value is lost with the liar
});

test('endless output fills no memory, neither of the scheduler nor for a client that does not read', async () => {
  await using here = await scene();
  const text = 'x'.repeat(60_000);
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 100; i++) here.liar.say({ type: 'output', array: here.array, task: 'f', stream: 'out', text });
    await new Promise((resolve) => setImmediate(resolve));
    here.client.got.length = 0;
  }
  assert.ok(process.memoryUsage().rss - before < 400e6);
  await honestyWins(here);
});

test('many workers under one name are many workers', async () => {
  await using stage = await Stage.start();
  const all = await Promise.all(Array.from({ length: 50 }, () => stage.worker('2')));
  for (const one of all) one.channel.destroy();
  const client = await stage.join('client');
  const [welcome] = await client.heard('welcome');
  assert.ok(Array.isArray(welcome?.['workers']));
});

test('a worker that does not say who it is, or says nonsense, is turned away', async () => {
  await using stage = await Stage.start();
  const good = { name: '2', host: 'h', pid: 1, slots: 1, addresses: [], space: null };
  const bad = [
    null,
    5,
    { ...good, slots: 1e9 },
    { ...good, name: 'x'.repeat(300) },
    { ...good, addresses: Array(200).fill('a') },
  ];
  for (const about of bad) {
    const impostor = await stage.join('worker', about);
    await waitUntil(() => impostor.hasEnded);
  }
  assert.is(stage.logged.filter((text) => text.includes('does not say who it is')).length, bad.length);
});

test.run();
