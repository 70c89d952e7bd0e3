import { createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectAny } from '../../src/transport/connect.ts';
import { InprocTransport } from '../../src/transport/inproc.ts';
import { newSecret } from '../../src/transport/security.ts';
import type { Connection, Listener } from '../../src/transport/transport.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import { rejection } from '../support/rejection.ts';

interface Context {
  transport: WsTransport;
  listener: Listener;
  accepted: Connection[];
  /** Takes connections and never says anything. */
  silent: Server;
  silentAddress: string;
}

const test = suite<Context>('connectAny');
const NOBODY = 'wss://127.0.0.1:1';

test.before.each(async (context) => {
  context.transport = new WsTransport(newSecret());
  context.accepted = [];
  context.listener = await context.transport.listen({}, (connection) => context.accepted.push(connection));
  context.silent = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((listening) => context.silent.listen(0, '127.0.0.1', listening));
  const { port } = context.silent.address() as { port: number };
  context.silentAddress = `wss://127.0.0.1:${port}`;
});

test.after.each(async ({ listener, accepted, silent }) => {
  for (const connection of accepted) connection.destroy();
  await listener.close();
  silent.close();
});

test('connects to the first address that answers', async ({ transport, listener, silentAddress }) => {
  const [address = ''] = listener.addresses;
  const options = { staggerMs: 20 };
  for (const addresses of [[address], [NOBODY, address], [silentAddress, address], [silentAddress, NOBODY, address]]) {
    const connection = await connectAny([transport], addresses, options);
    assert.is(connection.remote, address);
    connection.destroy();
  }
});

test('does not bother the second address when the first answers', async ({ transport, listener, accepted }) => {
  const [address = ''] = listener.addresses;
  const connection = await connectAny([transport], [address, address, address]);
  await new Promise(setImmediate);
  assert.is(accepted.length, 1);
  connection.destroy();
});

test('picks the transport by the scheme', async ({ transport, listener }) => {
  const inproc = new InprocTransport();
  const near = await inproc.listen({}, () => {});
  const transports = [transport, inproc];
  for (const address of [...listener.addresses, ...near.addresses]) {
    const connection = await connectAny(transports, [address]);
    assert.is(connection.remote, address);
    connection.destroy();
  }
});

test('names every address and why it failed', async ({ transport, silentAddress }) => {
  const addresses = [NOBODY, silentAddress, 'dragon://3'];
  const error = await rejection(connectAny([transport], addresses, { deadlineMs: 200, staggerMs: 10 }), 'ERR_CONNECT');
  assert.match(
    error.message,
    /tried 3 addresses: wss:\/\/127\.0\.0\.1:1 \(.*ECONNREFUSED.*no answer within \d+ ms.*begins with wss:/,
  );
});

test('says ERR_SECURITY if one that answered has another key', async ({ listener }) => {
  const [address = ''] = listener.addresses;
  await rejection(connectAny([new WsTransport(newSecret())], [address, NOBODY]), 'ERR_SECURITY');
});

test('fails at once when there is no address', async ({ transport }) => {
  assert.match((await rejection(connectAny([transport], []), 'ERR_CONNECT')).message, /no address/);
});

test.run();
