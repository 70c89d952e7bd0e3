import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../../src/protocol/frame.ts';
import { CHANNEL_LIMITS } from '../../src/transport/channel-options.ts';
import { newSecret } from '../../src/transport/security.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import { type AnyMessage, ChannelInbox, channelPair } from '../support/channel-pair.ts';
import { Random } from '../support/random.ts';
import { waitUntil } from '../support/wait-until.ts';

const test = suite('Channel');

test('open tells each side who the other is', async () => {
  const [near, far] = await channelPair();
  assert.is(near.peer.process, 'far');
  assert.is(far.peer.process, 'near');
  near.destroy();
});

test('send puts all messages of one turn into one batch, in order', async () => {
  const [near, far] = await channelPair();
  const inbox = new ChannelInbox(far);
  new ChannelInbox(near);
  for (let n = 0; n < 100; n++) near.send({ type: 'n', n });
  await waitUntil(() => inbox.batches.length === 1);
  near.send({ type: 'n', n: 100 });
  await waitUntil(() => inbox.batches.length === 2);
  assert.equal(
    inbox.messages.map((message) => message['n']),
    Array.from({ length: 101 }, (_, n) => n),
  );
  near.destroy();
});

test('send splits what a turn writes before a frame gets too large', async () => {
  const [near, far] = await channelPair(undefined, { limits: { ...CHANNEL_LIMITS, messages: 10_000 } });
  const inbox = new ChannelInbox(far);
  new ChannelInbox(near);
  for (let n = 0; n < 35_000; n++) near.send({ type: 'n', n });
  await waitUntil(() => inbox.messages.length === 35_000);
  assert.ok(inbox.messages.every((message, n) => message['n'] === n));
  near.destroy();
});

test('messages that come before start wait for it', async () => {
  const [near, far] = await channelPair();
  new ChannelInbox(near);
  near.send({ type: 'early' });
  near.flush();
  await near.close();
  const inbox = new ChannelInbox(far);
  assert.is(await inbox.closed, undefined);
  assert.equal(inbox.messages, [{ type: 'early' }]);
});

test('large and small messages arrive whole and in order, both ways at once', async () => {
  const [near, far] = await channelPair(new WsTransport(newSecret()));
  const random = new Random(7);
  const sizes = [0, 1, 4096, 4097, 100_000, 262_144, 1_048_576, 5_000_000, 20_000_000];
  const messages = sizes.flatMap((size): AnyMessage[] => [
    { type: 'large', size, buffers: [random.bytes(size), random.bytes(3)] },
    { type: 'small', size },
  ]);
  const inboxes = [new ChannelInbox(near), new ChannelInbox(far)];
  for (const message of messages) {
    near.send(message);
    far.send(message);
  }
  for (const inbox of inboxes) {
    await waitUntil(() => inbox.messages.length === messages.length);
    inbox.messages.forEach((message, i) => assertSame(message, messages[i] as AnyMessage));
  }
  near.destroy();
});

function assertSame(message: AnyMessage, expected: AnyMessage): void {
  assert.is(message.type, expected.type);
  assert.is(message['size'], expected['size']);
  assert.is(message.buffers?.length, expected.buffers?.length);
  message.buffers?.forEach((buffer, i) => assert.is(Buffer.compare(buffer, expected.buffers?.[i] as Uint8Array), 0));
}

test('flush sends at once, and says whether all is on its way', async () => {
  const [near, far] = await channelPair(new WsTransport(newSecret()));
  const inbox = new ChannelInbox(far);
  new ChannelInbox(near);
  near.send({ type: 'a' });
  assert.ok(near.flush());
  near.send({ type: 'b' });
  assert.not(near.flush(), 'the first is still under way');
  await waitUntil(() => inbox.messages.length === 2);
  near.destroy();
});

test('queuedBytes counts what has not been sent, and drained resolves when little is left', async () => {
  const [near, far] = await channelPair(new WsTransport(newSecret()));
  const inbox = new ChannelInbox(far);
  new ChannelInbox(near);
  near.send({ type: 'a', buffers: [new Uint8Array(30 * 2 ** 20)] });
  assert.ok(near.queuedBytes >= 30 * 2 ** 20);
  await near.drained();
  assert.ok(near.queuedBytes <= 2 * 2 ** 20);
  await waitUntil(() => inbox.messages.length === 1);
  await waitUntil(() => near.queuedBytes === 0);
  await near.drained();
  near.destroy();
});

test('drained resolves when the channel ends', async () => {
  const [near, far] = await channelPair(new WsTransport(newSecret()));
  new ChannelInbox(near);
  near.send({ type: 'a', buffers: [new Uint8Array(30 * 2 ** 20)] });
  const drained = near.drained();
  far.destroy();
  await drained;
  assert.is(near.queuedBytes, 0);
});

test('close sends what is left of both sides, says goodbye, and both end without a reason', async () => {
  const [near, far] = await channelPair(new WsTransport(newSecret()));
  const [nearInbox, farInbox] = [new ChannelInbox(near), new ChannelInbox(far)];
  const buffers = [new Uint8Array(20 * 2 ** 20)];
  near.send({ type: 'a', buffers });
  far.send({ type: 'b', buffers });
  await near.close();
  assert.is(await nearInbox.closed, undefined);
  assert.is(await farInbox.closed, undefined);
  assert.equal([nearInbox.messages[0]?.type, farInbox.messages[0]?.type], ['b', 'a']);
});

test('close works from both sides at once, and twice', async () => {
  const [near, far] = await channelPair();
  const [nearInbox, farInbox] = [new ChannelInbox(near), new ChannelInbox(far)];
  await Promise.all([near.close(), far.close(), near.close()]);
  await near.close();
  assert.is(await nearInbox.closed, undefined);
  assert.is(await farInbox.closed, undefined);
});

test('a message sent by the handler of the last batch still arrives before the goodbye', async () => {
  const [near, far] = await channelPair();
  const inbox = new ChannelInbox(near);
  far.start({ messages: () => far.send({ type: 'answer' }), closed() {} });
  near.send({ type: 'question' });
  await near.close();
  assert.equal(inbox.messages, [{ type: 'answer' }]);
});

test('destroy ends this side without a reason, the other as lost, by name', async () => {
  const [near, far] = await channelPair();
  const [nearInbox, farInbox] = [new ChannelInbox(near), new ChannelInbox(far)];
  near.destroy();
  assert.is(await nearInbox.closed, undefined);
  const reason = await farInbox.closed;
  assert.is(reason?.code, 'ERR_CONNECTION_LOST');
  assert.match(reason?.message as string, 'worker near');
});

test('destroy within a batch is the end: no batch follows', async () => {
  const [near, far] = await channelPair(new WsTransport('none'));
  let batches = 0;
  const closed = new Promise<void>((resolve) => {
    far.start({
      messages() {
        batches += 1;
        far.destroy();
      },
      closed: () => resolve(),
    });
  });
  for (let i = 0; i < 5; i++) {
    near.send({ type: 'a' });
    near.flush();
  }
  await closed;
  assert.is(batches, 1);
});

test('send, flush and close after the end do nothing', async () => {
  const [near, far] = await channelPair();
  const inbox = new ChannelInbox(near);
  far.destroy();
  await inbox.closed;
  near.send({ type: 'late' });
  near.flush();
  await near.close();
  await near.drained();
  assert.is(near.queuedBytes, 0);
});

test('what a handler throws is not blamed on the peer', async () => {
  const [near, far] = await channelPair();
  const inbox = new ChannelInbox(near);
  far.start({
    messages() {
      throw new Error('our own fault');
    },
    closed() {},
  });
  const thrown = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
  near.send({ type: 'a' });
  assert.is((await thrown).message, 'our own fault');
  await near.close();
  assert.is(await inbox.closed, undefined);
});

test('send takes any fields that JSON can carry', async () => {
  const [near, far] = await channelPair();
  const inbox = new ChannelInbox(far);
  const message: Message = { type: 'a', list: [1, 'ä', null, { deep: true }] } as AnyMessage;
  near.send(message as AnyMessage);
  await waitUntil(() => inbox.messages.length === 1);
  assert.equal(inbox.messages[0], message);
  near.destroy();
});

test.run();
