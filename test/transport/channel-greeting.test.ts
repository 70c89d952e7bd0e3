import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeFrame, encodeFrame, FRAME_LIMITS, type Message } from '../../src/protocol/frame.ts';
import { packetsOf } from '../../src/protocol/parts.ts';
import type { ChannelOptions } from '../../src/transport/channel-options.ts';
import type { Connection } from '../../src/transport/transport.ts';
import { type AnyMessage, ChannelInbox, connectionPair, helloFrom, openChannel } from '../support/channel-pair.ts';
import { Inbox } from '../support/inbox.ts';
import { rejection } from '../support/rejection.ts';

const test = suite('Channel with a peer that misbehaves');

function sendFrame(connection: Connection, messages: readonly object[]): void {
  for (const packet of packetsOf(encodeFrame(messages as Message[]))) connection.send(packet);
}

/** One end as a channel that is being opened, the other as a bare connection that can send anything. */
async function greeting(options: Partial<ChannelOptions<AnyMessage>> = {}) {
  const [near, far] = await connectionPair();
  return { opening: openChannel(near, 'near', options), far, inbox: new Inbox(far) };
}

async function nextMessages(inbox: Inbox): Promise<AnyMessage[]> {
  return decodeFrame(await inbox.next(), FRAME_LIMITS) as AnyMessage[];
}

async function openWithBarePeer(options: Partial<ChannelOptions<AnyMessage>> = {}) {
  const { opening, far, inbox } = await greeting(options);
  sendFrame(far, [helloFrom('far')]);
  const channel = await opening;
  await inbox.next(); // its hello
  return { channel, far, inbox, channelInbox: new ChannelInbox(channel) };
}

test('open refuses another protocol version and tells both sides both numbers', async () => {
  const { opening, far, inbox } = await greeting();
  sendFrame(far, [helloFrom('far', { protocol: 999 })]);
  assert.match((await rejection(opening, 'ERR_PROTOCOL')).message, /speaks protocol 999, this process 1/);
  assert.is((await nextMessages(inbox))[0]?.type, 'hello');
  const [refusal] = await nextMessages(inbox);
  assert.is(refusal?.type, 'refusal');
  assert.match(refusal?.['reason'] as string, /speaks protocol 999, this process 1/);
  await inbox.closed;
});

test('open refuses another Node.js major, on both sides', async () => {
  const [near, far] = await connectionPair();
  const openings = [openChannel(near, 'near'), openChannel(far, 'far', { hello: helloFrom('far', { node: 22 }) })];
  for (const opening of openings) assert.match((await rejection(opening, 'ERR_PROTOCOL')).message, /Node\.js 22/);
});

test('open turns a refusal of the peer into ERR_PROTOCOL with its text', async () => {
  const { opening, far, inbox } = await greeting();
  sendFrame(far, [{ type: 'refusal', reason: 'it speaks protocol 1, this process 7' }]);
  assert.match(
    (await rejection(opening, 'ERR_PROTOCOL')).message,
    /refused to go on: it speaks protocol 1, this process 7/,
  );
  await inbox.closed;
});

test('open gives up when there is no hello in time', async () => {
  const { opening, inbox } = await greeting({ deadlineMs: 20 });
  assert.match((await rejection(opening, 'ERR_DEADLINE')).message, /within 20 ms/);
  await inbox.closed;
});

test('open refuses messages before or with the hello', async () => {
  const before = await greeting();
  sendFrame(before.far, [{ type: 'submit' }]);
  sendFrame(before.far, [helloFrom('far')]);
  await rejection(before.opening, 'ERR_PROTOCOL');
  const together = await greeting();
  sendFrame(together.far, [helloFrom('far'), { type: 'submit' }]);
  await rejection(together.opening, 'ERR_PROTOCOL');
});

test('open refuses a hello without a name', async () => {
  const { opening, far } = await greeting();
  sendFrame(far, [{ ...helloFrom('far'), process: 5 }]);
  await rejection(opening, 'ERR_PROTOCOL');
});

test('open refuses what is not a frame', async () => {
  const { opening, far } = await greeting();
  far.send([Buffer.from('GET / HTTP/1.1')]);
  await rejection(opening, 'ERR_FRAME');
});

test('open fails when the peer leaves', async () => {
  const left = await greeting();
  left.far.close();
  await rejection(left.opening, 'ERR_CONNECTION_LOST');
  const vanished = await greeting();
  vanished.far.destroy();
  await rejection(vanished.opening, 'ERR_CONNECTION_LOST');
});

test('a peer that sends what is not a frame is told and cut off with ERR_FRAME', async () => {
  const { far, inbox, channelInbox } = await openWithBarePeer();
  sendFrame(far, [{ type: 'good' }]);
  far.send([Buffer.from('rubbish, rubbish')]);
  sendFrame(far, [{ type: 'never read' }]);
  const [refusal] = await nextMessages(inbox);
  assert.match(refusal?.['reason'] as string, /Cannot read a packet/);
  assert.is((await channelInbox.closed)?.code, 'ERR_FRAME');
  assert.equal(channelInbox.messages, [{ type: 'good' }]);
});

test('a peer that sends a frame over the limit is cut off with ERR_FRAME at its announcement', async () => {
  const { far, channelInbox } = await openWithBarePeer({ limits: { ...FRAME_LIMITS, frameBytes: 2 ** 20 } });
  const [announcement] = packetsOf(encodeFrame([{ type: 'a', buffers: [new Uint8Array(2 ** 20)] }]));
  far.send(announcement ?? []);
  const reason = await channelInbox.closed;
  assert.is(reason?.code, 'ERR_FRAME');
  assert.match(reason?.message as string, /Cut off worker far: .*the limit is 1048576/);
});

test('a peer whose message `parse` refuses is cut off with ERR_PROTOCOL', async () => {
  const parse = (message: Message): AnyMessage => {
    if (message.type === 'bad') throw new TypeError('no such message');
    return message as AnyMessage;
  };
  const { far, channelInbox } = await openWithBarePeer({ parse });
  sendFrame(far, [{ type: 'good' }]);
  sendFrame(far, [{ type: 'good' }, { type: 'bad' }]);
  const reason = await channelInbox.closed;
  assert.is(reason?.code, 'ERR_PROTOCOL');
  assert.match(reason?.message as string, /no such message/);
  assert.equal(channelInbox.messages, [{ type: 'good' }], 'nothing of a frame with a bad message');
});

test('a channel that its peer cut off ends with ERR_PROTOCOL and the reason', async () => {
  const { far, channelInbox } = await openWithBarePeer();
  sendFrame(far, [{ type: 'refusal', reason: 'you sent rubbish' }]);
  const reason = await channelInbox.closed;
  assert.is(reason?.code, 'ERR_PROTOCOL');
  assert.match(reason?.message as string, /worker far refused to go on: you sent rubbish/);
});

test('a peer that closes without a goodbye is lost', async () => {
  const { far, channelInbox } = await openWithBarePeer();
  far.close();
  assert.is((await channelInbox.closed)?.code, 'ERR_CONNECTION_LOST');
});

test('close leaves a peer that does not say goodbye, after two seconds', async () => {
  const { channel, channelInbox, inbox } = await openWithBarePeer();
  await channel.close();
  assert.is(await channelInbox.closed, undefined);
  await inbox.closed;
});

test.run();
