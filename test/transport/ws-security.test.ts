import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RolecallError } from '../../src/errors.ts';
import { clientTlsOptions, newSecret } from '../../src/transport/security.ts';
import type { Connection, Listener, ListenOptions } from '../../src/transport/transport.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import { ended, poke } from '../support/attack.ts';
import { rejection } from '../support/rejection.ts';
import { within } from '../support/within.ts';
import { securityCompliance } from './security.ts';

securityCompliance(WsTransport);

interface Context {
  secret: Uint8Array;
  listener: Listener;
  port: number;
  accepted: Connection[];
  refused: RolecallError[];
}

const test = suite<Context>('what callers of WsTransport may say');

async function listen(context: Context, options: ListenOptions = {}): Promise<void> {
  context.accepted = [];
  context.refused = [];
  context.secret = newSecret();
  context.listener = await new WsTransport(context.secret).listen(
    { ...options, refused: (error) => context.refused.push(error) },
    (connection) => context.accepted.push(connection),
  );
  context.port = Number(new URL(context.listener.addresses[0] as string).port);
}

test.before.each((context) => listen(context));

test.after.each(async (context) => {
  assert.equal(context.accepted, []);
  await context.listener.close();
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

test('without security anybody gets in who speaks WebSocket, and nobody else', async () => {
  const listener = await new WsTransport('none').listen({ handshakeMs: 50 }, () => assert.unreachable('let in'));
  const address = new URL(listener.addresses[0] as string);
  assert.is(address.protocol, 'ws:');
  const request = get(`http://127.0.0.1:${address.port}/`);
  await within(once(request, 'error'), 'the request to be refused');
  await poke(Number(address.port), new Uint8Array(0));
  await listener.close();
});

test('a caller that says nothing after its handshake is cut off at the deadline', async (context) => {
  await context.listener.close();
  await listen(context, { handshakeMs: 50 });
  const { port, secret, refused } = context;
  const socket = connectTls({ ...clientTlsOptions(secret), port, host: '127.0.0.1' });
  await within(once(socket, 'secureConnect'), 'the handshake');
  await ended(socket);
  assert.match(refused[0]?.message as string, /did not prove it within 50 ms/);
});

test.run();
