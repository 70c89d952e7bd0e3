import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { PACKET_BYTES } from '../../src/protocol/parts.ts';
import type { Connection, Listener, Transport } from '../../src/transport/transport.ts';
import { Inbox } from '../support/inbox.ts';
import { Random } from '../support/random.ts';
import { rejection } from '../support/rejection.ts';
import { within } from '../support/within.ts';

interface Pair {
  readonly transport: Transport;
  readonly listener: Listener;
  /** The side that connected. */
  readonly near: Connection;
  /** The side that listened. */
  readonly far: Connection;
}

/**
 * What every transport must do, as a suite for the transport that `make` makes.
 *
 * @param many how many packets are sent at once where they are to be many
 */
export function transportCompliance(name: string, make: () => Transport, many = 5000): void {
  const test = suite<Pair>(`${name} as a transport`);

  test.before.each(async (context) => {
    const transport = make();
    const accepted = Promise.withResolvers<Connection>();
    const listener = await transport.listen({}, accepted.resolve);
    const near = await transport.connect(listener.addresses[0] as string);
    Object.assign(context, { transport, listener, near, far: await within(accepted.promise, 'the other side') });
  });

  test.after.each(async ({ listener, near, far }) => {
    near.destroy();
    far.destroy();
    await listener.close();
  });

  testListening(test);
  testWhatArrives(test, many);
  testWhenItArrives(test);
  testTheEnd(test);
  test.run();
}

function testListening(test: Test<Pair>): void {
  test('listen has addresses of its scheme', ({ transport, listener }) => {
    assert.is(listener.addresses.length, 1);
    assert.ok(listener.addresses[0]?.startsWith(`${transport.scheme}://`));
  });

  test('a listener that was closed accepts nobody, and leaves its connections alone', async ({
    transport,
    listener,
    near,
    far,
  }) => {
    await listener.close();
    const error = await rejection(transport.connect(listener.addresses[0] as string), 'ERR_CONNECT');
    assert.match(error.message, listener.addresses[0] as string);
    const inbox = new Inbox(far);
    near.send([Buffer.from('still here')]);
    assert.equal(await inbox.texts(1), ['still here']);
  });

  test('connect gives up when its signal says so', async ({ transport, listener }) => {
    const signal = AbortSignal.abort();
    await rejection(transport.connect(listener.addresses[0] as string, { signal }), 'ERR_CONNECT');
  });
}

function testWhatArrives(test: Test<Pair>, many: number): void {
  test('packets arrive in order, each with its borders, in both directions at once', async ({ near, far }) => {
    const [nearInbox, farInbox] = [new Inbox(near), new Inbox(far)];
    const numbers = Array.from({ length: many }, (_, i) => String(i));
    for (const number of numbers) {
      near.send([Buffer.from(number)]);
      far.send([Buffer.from(number)]);
    }
    assert.equal(await farInbox.texts(many), numbers);
    assert.equal(await nearInbox.texts(many), numbers);
  });

  test('packets of every size arrive whole', async ({ near, far }) => {
    const inbox = new Inbox(far);
    new Inbox(near);
    const random = new Random(1);
    for (const size of [0, 1, 125, 126, 127, 65_535, 65_536, 300_000, PACKET_BYTES]) {
      const bytes = random.bytes(size);
      near.send([bytes]);
      assert.is(Buffer.compare(await inbox.next(), bytes), 0, `${size} bytes`);
    }
  });

  test('pieces arrive as one packet', async ({ near, far }) => {
    const inbox = new Inbox(far);
    near.send(['one ', 'two ', '', 'three'].map((text) => Buffer.from(text)));
    near.send([Buffer.from('four')]);
    assert.equal(await inbox.texts(2), ['one two three', 'four']);
  });

  test('send takes memory that threads share', async ({ near, far }) => {
    const inbox = new Inbox(far);
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7);
    near.send([shared]);
    near.send([shared, shared]);
    assert.equal([...(await inbox.next())], [7, 7, 7, 7]);
    assert.is((await inbox.next()).byteLength, 8);
  });
}

function testWhenItArrives(test: Test<Pair>): void {
  test('packets wait until open', async ({ near, far }) => {
    new Inbox(near);
    near.send([Buffer.from('early')]);
    await new Promise(setImmediate);
    const inbox = new Inbox(far);
    assert.equal(await inbox.texts(1), ['early']);
  });

  test('send never delivers, and never calls `sent`, before it returns', async ({ near, far }) => {
    let inCall = false;
    const reached = Promise.withResolvers<void>();
    far.open({
      packet: () => (inCall ? reached.reject(new Error('delivered within send')) : reached.resolve()),
      closed() {},
    });
    new Inbox(near);
    inCall = true;
    const sent = new Promise<void>((resolve, reject) =>
      near.send([Buffer.from('a')], () => (inCall ? reject(new Error('sent within send')) : resolve())),
    );
    inCall = false;
    await within(Promise.all([reached.promise, sent]), 'delivery');
  });

  test('`sent` is called for each packet, in order', async ({ near, far }) => {
    const inbox = new Inbox(far);
    new Inbox(near);
    const sent: number[] = [];
    const packet = new Uint8Array(100_000);
    const all = Array.from(
      { length: 50 },
      (_, i) => new Promise<void>((done) => near.send([packet], () => done(void sent.push(i)))),
    );
    await within(Promise.all(all), 'all to be sent');
    assert.equal(
      sent,
      Array.from({ length: 50 }, (_, i) => i),
    );
    for (let i = 0; i < 50; i++) await inbox.next();
  });
}

function testTheEnd(test: Test<Pair>): void {
  test('close sends what is left first, and both sides end without a reason', async ({ near, far }) => {
    const [nearInbox, farInbox] = [new Inbox(near), new Inbox(far)];
    const packet = new Uint8Array(PACKET_BYTES);
    for (let i = 0; i < 20; i++) near.send([packet]);
    near.close();
    assert.is(await farInbox.closed, undefined);
    assert.is(await nearInbox.closed, undefined);
    assert.is(farInbox.size, 20);
  });

  test('close ends both sides when both close at once', async ({ near, far }) => {
    const [nearInbox, farInbox] = [new Inbox(near), new Inbox(far)];
    near.close();
    far.close();
    assert.is(await farInbox.closed, undefined);
    assert.is(await nearInbox.closed, undefined);
  });

  test('destroy ends this side without a reason, the other as lost', async ({ near, far }) => {
    const [nearInbox, farInbox] = [new Inbox(near), new Inbox(far)];
    near.destroy();
    assert.is(await nearInbox.closed, undefined);
    assert.is((await farInbox.closed)?.code, 'ERR_CONNECTION_LOST');
  });

  test('destroy of both sides in one turn ends both', async ({ near, far }) => {
    const inboxes = [new Inbox(near), new Inbox(far)];
    near.destroy();
    far.destroy();
    for (const inbox of inboxes) await inbox.closed;
  });

  test('destroy within `packet` is the end: no packet follows', async ({ near, far }) => {
    let packets = 0;
    const closed = Promise.withResolvers<void>();
    far.open({
      packet() {
        packets += 1;
        far.destroy();
      },
      closed: () => closed.resolve(),
    });
    for (let i = 0; i < 10; i++) near.send([Buffer.from('a')]);
    await within(closed.promise, 'the end');
    assert.is(packets, 1);
  });

  test('send, close and destroy after the end do nothing', async ({ near, far }) => {
    const inbox = new Inbox(near);
    far.destroy();
    await inbox.closed;
    near.send([Buffer.from('late')]);
    near.close();
    near.destroy();
  });

  test('a connection that ended before open says so when it is opened', async ({ near, far }) => {
    near.destroy();
    assert.is((await new Inbox(far).closed)?.code, 'ERR_CONNECTION_LOST');
  });
}
