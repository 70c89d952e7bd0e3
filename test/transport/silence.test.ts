import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InprocTransport } from '../../src/transport/inproc.ts';
import { aliveEveryMs, Silence } from '../../src/transport/silence.ts';
import { ChannelInbox, channelPair } from '../support/channel-pair.ts';
import { waitUntil } from '../support/wait-until.ts';

const test = suite('silence');

test('Silence: it is noticed once, and again only when the peer has said something', async () => {
  let noticed = 0;
  const silence = new Silence(50, () => noticed++);
  await waitUntil(() => noticed === 1);
  silence.heard();
  await waitUntil(() => noticed === 2);
  silence.stop();
});

test('Silence: time in which this process stood still does not count', async () => {
  let noticed = 0;
  const silence = new Silence(100, () => noticed++);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(noticed, 0);
  await waitUntil(() => noticed === 1);
  silence.stop();
});

test('a channel whose peer is silent for too long ends with ERR_DEADLINE; the peer hears a goodbye', async () => {
  const [near, far] = await channelPair(new InprocTransport());
  const [nearInbox, farInbox] = [new ChannelInbox(near), new ChannelInbox(far)];
  near.limitSilence(60);
  const reason = await nearInbox.closed;
  assert.is(reason?.code, 'ERR_DEADLINE');
  assert.is(reason?.message, 'it has been silent for 0.06 s');
  assert.is(await farInbox.closed, undefined);
  assert.ok(far.heardGoodbye);
});

test('aliveEveryMs: often enough for the shortest limit, and never rarer than every 5 s', () => {
  assert.is(aliveEveryMs(30_000, 10_000), 2000);
  assert.is(aliveEveryMs(300_000), 5000);
});

test.run();
