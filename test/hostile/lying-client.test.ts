import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitUntil } from '../support/wait-until.ts';
import { type AnyMessage, type Impostor, Stage, submit } from './impostor.ts';

const test = suite('a client that lies or floods');

const failures = (client: Impostor, code: string): AnyMessage[] =>
  client.got.filter((message) => message.type === 'failed' && message['code'] === code);

/** A client that does as it should is served. */
async function isServed(stage: Stage): Promise<void> {
  const client = await stage.join('client');
  const worker = await stage.worker('9');
  client.say(
    submit(1, 1, { options: { retries: 0, priority: 9, workers: ['9'], allowOtherWorkers: false, timeoutMs: 0 } }),
  );
  await worker.heard('compute');
  client.channel.destroy();
  worker.channel.destroy();
}

const REFUSED: Readonly<Record<string, AnyMessage>> = {
  'more tasks than there can be': submit(5, 1e15),
  'items that are not as many as its tasks': submit(5, 3, {
    hasItems: true,
    buffers: [1, 1, 4, 8].map((n) => new Uint8Array(n)),
  }),
  'a function that it never sent': submit(5, 1, { hasFunction: false, fn: 'unknown' }),
  'no arguments': submit(5, 1, { buffers: [] }),
  'a dependency on what is not there': submit(5, 1, { shared: [{ array: 77, start: 0, count: 1, whole: false }] }),
  'a dependency beyond the end': submit(5, 1, { shared: [{ array: 1, start: 9, count: 1, whole: false }] }),
  'a dependency on itself': submit(5, 1, { shared: [{ array: 5, start: 0, count: 1, whole: false }] }),
  'needs of a task that it does not have': submit(5, 1, { own: [[3, []]] }),
  'needs both listed and in pairs': submit(5, 1, { own: [[0, []]], zip: { array: 1, start: 0 } }),
  'pairs beyond the end': submit(5, 3, { zip: { array: 1, start: 0 } }),
  'a number that belongs to another client': submit(2 ** 32 + 1, 1),
};

for (const [what, message] of Object.entries(REFUSED)) {
  const code = (message['count'] as number) < 1e9 ? 'ERR_PROTOCOL' : 'ERR_SCHEDULER_FULL';
  test(`submits ${what}: it is told so, and others are served`, async () => {
    await using stage = await Stage.start();
    const client = await stage.join('client');
    client.say(submit(1, 1), message);
    await waitUntil(() => failures(client, code).length === 1);
    await isServed(stage);
  });
}

test('cannot reach what belongs to another client', async () => {
  await using stage = await Stage.start();
  const [mine, other] = [await stage.join('client'), await stage.join('client')];
  const id = (client: Impostor): number => client.got.find((message) => message.type === 'welcome')?.['id'] as number;
  await Promise.all([mine.heard('welcome'), other.heard('welcome')]);
  mine.say(submit(1, 1));
  const foreign = (id(mine) - id(other)) * 2 ** 32 + 1;
  if (foreign > 0) other.say({ type: 'cancel', array: foreign, ranges: null, buffers: [] });
  const reverse = (id(other) - id(mine)) * 2 ** 32 + 1;
  if (reverse > 0) mine.say({ type: 'cancel', array: reverse, ranges: null, buffers: [] });
  await isServed(stage);
  assert.equal(failures(mine, 'ERR_CANCELLED'), []);
});

test('submits the same array twice: the first counts', async () => {
  await using stage = await Stage.start();
  const client = await stage.join('client');
  client.say(submit(1, 2), submit(1, 5));
  await isServed(stage);
});

test('releases, cancels and retries what it never had, or more than there is', async () => {
  await using stage = await Stage.start();
  const client = await stage.join('client');
  client.say(submit(1, 3));
  for (const type of ['release', 'cancel', 'retry']) {
    for (const ranges of [null, [0, 2 ** 50], [2 ** 40, 5], [0, 0, 0, 0], []]) {
      client.say({ type, array: 99, ranges, buffers: [] }, { type, array: 1, ranges, buffers: [] });
    }
  }
  client.say({ type: 'scattered', array: 1, index: 2 ** 40, worker: 3, bytes: 1 }, { type: 'want', array: 98 });
  client.say({ type: 'scatter-failed', array: 1, index: 2 ** 40, buffers: [] });
  await isServed(stage);
});

test('floods with tasks: when the room is used up it is refused, and served again when it has released some', async () => {
  await using stage = await Stage.start({ room: { bytes: 20e6, arrays: 1000 } });
  const client = await stage.join('client');
  client.say(submit(1, 1e6), submit(2, 1e6));
  await waitUntil(() => failures(client, 'ERR_SCHEDULER_FULL').length === 1);
  assert.equal(failures(client, 'ERR_SCHEDULER_FULL')[0]?.['array'], 2);
  await isServed(stage);
  client.say({ type: 'release', array: 1, ranges: null }, submit(3, 1e6));
  await isServed(stage);
  assert.is(failures(client, 'ERR_SCHEDULER_FULL').length, 1);
});

test('floods with arrays, or with large arguments: so too', async () => {
  await using stage = await Stage.start({ room: { bytes: 20e6, arrays: 100 } });
  const client = await stage.join('client');
  for (let i = 1; i <= 150; i++) client.say(submit(i, 1));
  await waitUntil(() => failures(client, 'ERR_SCHEDULER_FULL').length === 50);
  client.say(submit(200, 1, { buffers: [new Uint8Array(30e6), new Uint8Array(3)] }));
  client.say({ type: 'scatter', array: 201, count: 90_000_000, name: 's' });
  await waitUntil(() => failures(client, 'ERR_SCHEDULER_FULL').length === 52);
});

test('leaves: what it asked for makes room', async () => {
  await using stage = await Stage.start({ room: { bytes: 20e6, arrays: 3 } });
  for (let i = 0; i < 5; i++) {
    const client = await stage.join('client');
    client.say(submit(1, 1e6));
    await isServed(stage);
    assert.equal(failures(client, 'ERR_SCHEDULER_FULL'), []);
    client.channel.destroy();
    await waitUntil(() => client.hasEnded);
  }
});

test('says what only workers say, or ranges in disorder: it is cut off', async () => {
  await using stage = await Stage.start();
  const wrong: AnyMessage[] = [
    { type: 'finished', array: 1, start: 0, count: 1, attempt: 0, ms: 1, buffers: [] },
    { type: 'release', array: 1, ranges: [5, 1, 0, 1] },
    { type: 'release', array: 1, ranges: [0, 1, 2] },
    submit(1, 0),
    submit(-1, 1),
    { type: 'hello' },
  ];
  for (const message of wrong) {
    const client = await stage.join('client');
    client.say(message);
    await waitUntil(() => client.hasEnded);
  }
  await isServed(stage);
});

test.run();
