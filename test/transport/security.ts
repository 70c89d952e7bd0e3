import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RolecallError } from '../../src/errors.ts';
import { PACKET_BYTES } from '../../src/protocol/parts.ts';
import { clientTlsOptions, newSecret, type Security, serverTlsOptions } from '../../src/transport/security.ts';
import type { Connection, Listener, ListenOptions, Transport } from '../../src/transport/transport.ts';
import { ended, poke } from '../support/attack.ts';
import { STRANGER } from '../support/certificate.ts';
import { Inbox } from '../support/inbox.ts';
import { Random } from '../support/random.ts';
import { rejection, thrown } from '../support/rejection.ts';
import { waitUntil } from '../support/wait-until.ts';
import { within } from '../support/within.ts';

type SocketTransport = new (security: Security) => Transport;

interface Context {
  Make: SocketTransport;
  secret: Uint8Array;
  listener: Listener;
  port: number;
  accepted: Connection[];
  refused: RolecallError[];
}

/** What every transport that crosses sockets must withstand, as a suite. */
export function securityCompliance(Make: SocketTransport): void {
  const test = suite<Context>(`security of ${Make.name}`);
  test.before.each(async (context) => {
    Object.assign(context, { Make, secret: newSecret() });
    await listen(context);
  });
  test.after.each(expectUnharmed);
  testCallers(test);
  testStrangers(test);
  testConnecting(test);
  testListening(test);
  test.run();
}

async function listen(context: Context, options: ListenOptions = {}): Promise<void> {
  context.accepted = [];
  context.refused = [];
  context.listener = await new context.Make(context.secret).listen(
    { ...options, refused: (error) => context.refused.push(error) },
    (connection) => context.accepted.push(connection),
  );
  context.port = Number(new URL(context.listener.addresses[0] as string).port);
}

/** After each attack: nobody was let in, and one who has the key still is. */
async function expectUnharmed(context: Context): Promise<void> {
  assert.equal(context.accepted, []);
  const connection = await connect(context);
  connection.send([Buffer.from('still there?')]);
  assert.equal(await new Inbox(await letIn(context)).texts(1), ['still there?']);
  connection.destroy();
  await context.listener.close();
}

function connect({ Make, secret, listener }: Context): Promise<Connection> {
  return new Make(secret).connect(listener.addresses[0] as string);
}

/** The one that the listener has let in. The caller may know a moment before. */
async function letIn({ accepted }: Context): Promise<Connection> {
  await waitUntil(() => accepted.length > 0);
  return accepted.pop() as Connection;
}

function testCallers(test: Test<Context>): void {
  test('newSecret has 256 bits, another each time', () => {
    assert.is(newSecret().byteLength, 32);
    assert.is.not(Buffer.compare(newSecret(), newSecret()), 0);
  });

  test('a secret of another length is refused', () => {
    thrown(() => serverTlsOptions(new Uint8Array(16)), 'ERR_INVALID_ARGUMENT');
    thrown(() => clientTlsOptions(new Uint8Array(0)), 'ERR_INVALID_ARGUMENT');
  });

  test('a caller with another key gets ERR_SECURITY, and so does the log of the listener', async ({
    Make,
    listener,
    refused,
  }) => {
    await rejection(new Make(newSecret()).connect(listener.addresses[0] as string), 'ERR_SECURITY');
    assert.equal(
      refused.map((error) => error.code),
      ['ERR_SECURITY'],
    );
    assert.match(refused[0]?.message as string, /Turned away 127\.0\.0\.1:\d+: it does not have the key of this run/);
  });

  test('a caller with another identity, or none, is turned away', async ({ port, secret, refused }) => {
    const own = clientTlsOptions(secret);
    const { psk } = own.pskCallback();
    const others = [
      { ...own, pskCallback: () => ({ psk, identity: 'other' }) },
      { minVersion: 'TLSv1.3' } as const,
      {},
    ];
    for (const options of others) {
      const socket = connectTls({ ...options, port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('secureConnect', () => assert.unreachable('the handshake succeeded'));
      await ended(socket);
    }
    assert.is(refused.length, others.length);
  });

  test('a caller cannot go below TLS 1.3', async ({ port, secret }) => {
    const options = {
      ...clientTlsOptions(secret),
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'PSK',
    } as const;
    const socket = connectTls({ ...options, port, host: '127.0.0.1' });
    socket.on('secureConnect', () => assert.unreachable('the handshake succeeded'));
    await within(once(socket, 'error'), 'the end of the handshake');
  });

  test('plain HTTP and rubbish on the port get no answer worth the name', async ({ port, refused }) => {
    const random = new Random(3);
    const attacks = [
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
      ...Array.from({ length: 10 }, () => random.bytes(500)),
    ];
    for (const bytes of attacks) {
      const answer = await poke(port, bytes);
      assert.ok(answer.byteLength < 20 && !answer.includes('HTTP'), 'a TLS alert at most');
    }
    assert.is(refused.length, attacks.length);
  });
}

function testStrangers(test: Test<Context>): void {
  test('a caller that says nothing, or half a handshake, is cut off at the deadline', async (context) => {
    await context.listener.close();
    await listen(context, { handshakeMs: 50 });
    const { port, refused } = context;
    await poke(port, new Uint8Array(0));
    await poke(port, new Uint8Array([0x16, 0x03, 0x01]));
    assert.equal(
      refused.map((error) => /did not prove it within 50 ms/.test(error.message)),
      [true, true],
    );
  });

  test('a caller that was let in is not cut off at the deadline of strangers', async (context) => {
    await context.listener.close();
    await listen(context, { handshakeMs: 100 });
    const connection = await connect(context);
    await poke(context.port, new Uint8Array(0)); // a later caller meets its deadline
    const inbox = new Inbox(await letIn(context));
    connection.send([Buffer.from('still here')]);
    assert.equal(await inbox.texts(1), ['still here']);
    connection.destroy();
  });

  test('of callers beyond the bound the first are cut off, and one with the key gets in among them', async (context) => {
    await context.listener.close();
    await listen(context, { mostStrangers: 3 });
    const idle: Socket[] = [];
    for (let i = 0; i < 3; i++) {
      const socket = connectTcp(context.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      idle.push(socket);
    }
    const first = ended(idle[0] as Socket);
    await untilLetIn(context);
    await first;
    assert.match(context.refused[0]?.message as string, /3 others came before it proved it/);
    assert.is(context.refused.length, 1);
    for (const socket of idle) socket.destroy();
  });
}

function testConnecting(test: Test<Context>): void {
  test('connect refuses a listener with another key, without TLS, or of another protocol', async ({ Make, secret }) => {
    const transport = new Make(secret);
    const servers = [
      createTlsServer({ ...serverTlsOptions(newSecret()) }),
      createHttpServer((_request, response) => response.end('hello')),
      createTcpServer((socket) => socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.9\r\n')),
    ];
    for (const server of servers) {
      await served(Make, server, async (address) => {
        await rejection(transport.connect(address), 'ERR_SECURITY');
      });
    }
  });

  test('connect refuses a listener that shows a certificate, even one that the system trusts', async ({
    Make,
    secret,
  }) => {
    await served(Make, createTlsServer({ ...STRANGER }), async (address) => {
      await rejection(new Make(secret).connect(address), 'ERR_SECURITY');
      const options = {
        ...clientTlsOptions(secret),
        ca: STRANGER.cert,
        host: '127.0.0.1',
        port: Number(new URL(address).port),
      };
      const [error] = await within(once(connectTls(options), 'error'), 'the end of the handshake');
      assert.match((error as Error).message, /certificate instead of using the key/);
    });
  });

  test('connect gives up at its deadline on a listener that says nothing, or that hangs up', async ({
    Make,
    secret,
  }) => {
    const transport = new Make(secret);
    await served(
      Make,
      createTcpServer((socket) => socket.on('error', () => {})),
      async (address) => {
        const error = await rejection(transport.connect(address, { deadlineMs: 50 }), 'ERR_CONNECT');
        assert.match(error.message, /no answer within 50 ms/);
      },
    );
    await served(
      Make,
      createTcpServer((socket) => socket.destroy()),
      async (address) => {
        await rejection(transport.connect(address), 'ERR_CONNECT');
      },
    );
  });

  test('connect refuses an address of another scheme, or none', async ({ Make, secret }) => {
    for (const address of ['other://127.0.0.1:1', 'nowhere', '', `${new Make(secret).scheme}://`]) {
      await rejection(new Make(secret).connect(address), 'ERR_INVALID_ARGUMENT');
    }
  });
}

function testListening(test: Test<Context>): void {
  test('a peer that sends a packet over the limit is cut off with ERR_FRAME', async (context) => {
    const near = await connect(context);
    const inbox = new Inbox(await letIn(context));
    new Inbox(near);
    near.send([new Uint8Array(PACKET_BYTES + 1)]);
    const reason = await inbox.closed;
    assert.is(reason?.code, 'ERR_FRAME');
  });

  test('listen works on several hosts and on IPv6', async ({ Make, secret }) => {
    const transport = new Make(secret);
    const accepted: Connection[] = [];
    const listener = await transport.listen({ hosts: ['127.0.0.1', '::1'] }, (connection) => accepted.push(connection));
    assert.is(listener.addresses.length, 2);
    assert.match(listener.addresses[1] as string, new RegExp(`^${transport.scheme}://\\[::1\\]:\\d+$`));
    for (const address of listener.addresses) (await transport.connect(address)).destroy();
    for (const connection of accepted) connection.destroy();
    await listener.close();
  });

  test('listen says which host cannot be listened on, and leaves none open', async ({ Make, secret, port }) => {
    const transport = new Make(secret);
    const error = await rejection(
      transport.listen({ port }, () => {}),
      'ERR_CONNECT',
    );
    assert.match(error.message, `Cannot listen on 127.0.0.1, port ${port}: `);
    await rejection(
      transport.listen({ hosts: ['127.0.0.1', '203.0.113.1'] }, () => {}),
      'ERR_CONNECT',
    );
  });
}

/** The listener learns a little later than we do that the others have left. */
async function untilLetIn(context: Context): Promise<void> {
  const attempt = (): Promise<Connection> => connect(context).catch(attempt);
  const connection = await within(attempt(), 'room for another caller');
  (await letIn(context)).destroy();
  connection.destroy();
}

async function served(Make: SocketTransport, server: Server, use: (address: string) => Promise<void>): Promise<void> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  await use(`${new Make(newSecret()).scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.close();
}
