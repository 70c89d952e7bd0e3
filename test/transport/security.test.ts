import { once } from 'node:events';
import { createServer as createHttpServer, get } from 'node:http';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RolecallError } from '../../src/errors.ts';
import { PACKET_BYTES } from '../../src/protocol/parts.ts';
import { clientTlsOptions, newSecret, serverTlsOptions } from '../../src/transport/security.ts';
import type { Connection, Listener, ListenOptions } from '../../src/transport/transport.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import { STRANGER } from '../support/certificate.ts';
import { Inbox } from '../support/inbox.ts';
import { Random } from '../support/random.ts';
import { rejection, thrown } from '../support/rejection.ts';
import { within } from '../support/within.ts';

interface Context {
  secret: Uint8Array;
  listener: Listener;
  port: number;
  accepted: Connection[];
  refused: RolecallError[];
}

const test = suite<Context>('security of WsTransport');

async function listen(context: Context, options: ListenOptions = {}): Promise<void> {
  context.accepted = [];
  context.refused = [];
  context.listener = await new WsTransport(context.secret).listen(
    { ...options, refused: (error) => context.refused.push(error) },
    (connection) => context.accepted.push(connection),
  );
  context.port = Number(new URL(context.listener.addresses[0] as string).port);
}

test.before.each(async (context) => {
  context.secret = newSecret();
  await listen(context);
});

/** After each attack: nobody was let in, and one who has the key still is. */
test.after.each(async (context) => {
  assert.equal(context.accepted, []);
  const connection = await new WsTransport(context.secret).connect(context.listener.addresses[0] as string);
  connection.send([Buffer.from('still there?')]);
  assert.equal(await new Inbox(context.accepted[0] as Connection).texts(1), ['still there?']);
  connection.destroy();
  await context.listener.close();
});

function ended(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return within(new Promise((resolve) => socket.once('close', () => resolve())), 'the end of a connection');
}

/** Sends bytes to the port and waits for the end; returns what came back. */
async function poke(port: number, bytes: Uint8Array): Promise<Buffer> {
  const socket = connectTcp(port, '127.0.0.1');
  const answer: Buffer[] = [];
  socket.on('data', (data) => answer.push(data));
  socket.write(bytes);
  await ended(socket);
  return Buffer.concat(answer);
}

async function served<S extends Server>(server: S, use: (address: string) => Promise<void>): Promise<void> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  await use(`wss://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.close();
}

test('newSecret has 256 bits, another each time', () => {
  assert.is(newSecret().byteLength, 32);
  assert.is.not(Buffer.compare(newSecret(), newSecret()), 0);
});

test('a secret of another length is refused', () => {
  thrown(() => serverTlsOptions(new Uint8Array(16)), 'ERR_INVALID_ARGUMENT');
  thrown(() => clientTlsOptions(new Uint8Array(0)), 'ERR_INVALID_ARGUMENT');
});

test('a caller with another key gets ERR_SECURITY, and so does the log of the listener', async ({
  listener,
  refused,
}) => {
  await rejection(new WsTransport(newSecret()).connect(listener.addresses[0] as string), 'ERR_SECURITY');
  assert.equal(
    refused.map((error) => error.code),
    ['ERR_SECURITY'],
  );
  assert.match(refused[0]?.message as string, /Turned away 127\.0\.0\.1:\d+: it does not have the key of this run/);
});

test('a caller with another identity, or none, is turned away', async ({ port, secret, refused }) => {
  const own = clientTlsOptions(secret);
  const { psk } = own.pskCallback();
  const others = [{ ...own, pskCallback: () => ({ psk, identity: 'other' }) }, { minVersion: 'TLSv1.3' } as const, {}];
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

test('a caller without TLS cannot upgrade', async ({ port }) => {
  await rejection(new WsTransport('none').connect(`ws://127.0.0.1:${port}`), 'ERR_CONNECT');
});

test('a caller with the key that asks for a page, comes from a page or sends endless headers is turned away', async (context) => {
  const headers = [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`,
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n',
    'rubbish\r\n\r\n',
  ];
  for (const text of headers) {
    const socket = connectTls({ ...clientTlsOptions(context.secret), port: context.port, host: '127.0.0.1' });
    socket.on('data', (data) => assert.not.match(data.toString(), '101 '));
    socket.write(text);
    await ended(socket);
  }
});

test('a caller that says nothing, before or after its handshake, is cut off at the deadline', async (context) => {
  await context.listener.close();
  await listen(context, { handshakeMs: 50 });
  const { port, secret, refused } = context;
  await poke(port, new Uint8Array(0));
  await poke(port, new Uint8Array([0x16, 0x03, 0x01]));
  const socket = connectTls({ ...clientTlsOptions(secret), port, host: '127.0.0.1' });
  await within(once(socket, 'secureConnect'), 'the handshake');
  await ended(socket);
  assert.equal(
    refused.map((error) => /did not prove it within 50 ms/.test(error.message)),
    [true, true, true],
  );
});

test('a caller that was let in is not cut off at the deadline of strangers', async (context) => {
  await context.listener.close();
  await listen(context, { handshakeMs: 100 });
  const connection = await new WsTransport(context.secret).connect(context.listener.addresses[0] as string);
  await poke(context.port, new Uint8Array(0)); // a later caller meets its deadline
  const inbox = new Inbox(context.accepted.pop() as Connection);
  connection.send([Buffer.from('still here')]);
  assert.equal(await inbox.texts(1), ['still here']);
  connection.destroy();
});

test('callers beyond the bound are cut off at once, and there is room again when the others leave', async (context) => {
  await context.listener.close();
  await listen(context, { mostStrangers: 3 });
  const idle: Socket[] = [];
  for (let i = 0; i < 3; i++) {
    const socket = connectTcp(context.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    idle.push(socket);
  }
  await poke(context.port, new Uint8Array(0));
  assert.match(context.refused[0]?.message as string, /3 others/);
  for (const socket of idle) socket.destroy();
  await untilLetIn(context);
});

/** The listener learns a little later than we do that the others have left. */
async function untilLetIn({ secret, listener, accepted }: Context): Promise<void> {
  const transport = new WsTransport(secret);
  const attempt = (): Promise<Connection> => transport.connect(listener.addresses[0] as string).catch(attempt);
  const connection = await within(attempt(), 'room for another caller');
  accepted.pop()?.destroy();
  connection.destroy();
}

test('connect refuses a listener with another key, without TLS, or of another protocol', async ({ secret }) => {
  const transport = new WsTransport(secret);
  const servers = [
    createTlsServer({ ...serverTlsOptions(newSecret()) }),
    createHttpServer((_request, response) => response.end('hello')),
    createTcpServer((socket) => socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.9\r\n')),
  ];
  for (const server of servers) {
    await served(server, async (address) => {
      await rejection(transport.connect(address), 'ERR_SECURITY');
    });
  }
});

test('connect refuses a listener that shows a certificate, even one that the system trusts', async ({ secret }) => {
  await served(createTlsServer({ ...STRANGER }), async (address) => {
    await rejection(new WsTransport(secret).connect(address), 'ERR_SECURITY');
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

test('connect gives up at its deadline on a listener that says nothing, or that hangs up', async ({ secret }) => {
  const transport = new WsTransport(secret);
  await served(
    createTcpServer((socket) => socket.on('error', () => {})),
    async (address) => {
      const error = await rejection(transport.connect(address, { deadlineMs: 50 }), 'ERR_CONNECT');
      assert.match(error.message, /no answer within 50 ms/);
    },
  );
  await served(
    createTcpServer((socket) => socket.destroy()),
    async (address) => {
      await rejection(transport.connect(address), 'ERR_CONNECT');
    },
  );
});

test('connect refuses an address of another scheme, or none', async ({ secret }) => {
  for (const address of ['ws://127.0.0.1:1', 'nowhere', '', 'wss://']) {
    await rejection(new WsTransport(secret).connect(address), 'ERR_INVALID_ARGUMENT');
  }
});

test('a peer that sends a packet over the limit is cut off with ERR_FRAME', async (context) => {
  const near = await new WsTransport(context.secret).connect(context.listener.addresses[0] as string);
  const inbox = new Inbox(context.accepted.pop() as Connection);
  new Inbox(near);
  near.send([new Uint8Array(PACKET_BYTES + 1)]);
  const reason = await inbox.closed;
  assert.is(reason?.code, 'ERR_FRAME');
});

test('without security anybody gets in who speaks WebSocket, and nobody else', async () => {
  const listener = await new WsTransport('none').listen({ handshakeMs: 50 }, () => assert.unreachable('let in'));
  const address = new URL(listener.addresses[0] as string);
  assert.is(address.protocol, 'ws:');
  const request = get(`http://127.0.0.1:${address.port}/`);
  await within(once(request, 'error'), 'the request to be refused');
  await poke(Number(address.port), new Uint8Array(0));
  await listener.close();
});

test('listen works on several hosts and on IPv6', async ({ secret }) => {
  const transport = new WsTransport(secret);
  const accepted: Connection[] = [];
  const listener = await transport.listen({ hosts: ['127.0.0.1', '::1'] }, (connection) => accepted.push(connection));
  assert.is(listener.addresses.length, 2);
  assert.match(listener.addresses[1] as string, /^wss:\/\/\[::1\]:\d+$/);
  for (const address of listener.addresses) (await transport.connect(address)).destroy();
  for (const connection of accepted) connection.destroy();
  await listener.close();
});

test('listen says which host cannot be listened on, and leaves none open', async ({ secret, port }) => {
  const transport = new WsTransport(secret);
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

test.run();
