import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newSecret } from '../../src/transport/security.ts';
import type { Listener } from '../../src/transport/transport.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import { ChannelInbox, openChannel } from '../support/channel-pair.ts';
import { waitUntil } from '../support/wait-until.ts';
import { within } from '../support/within.ts';

interface Context {
  listener: Listener;
  child: ChildProcess;
  /** What the child sends over its first channel, and over its second. */
  inboxes: ChannelInbox[];
}

const test = suite<Context>('a peer in another process');
const PROGRAM = new URL('../support/transport-program.ts', import.meta.url).pathname;

async function start(context: Context, what: string): Promise<Context> {
  const secret = newSecret();
  context.inboxes = [];
  context.listener = await new WsTransport(secret).listen({}, (connection) => {
    void openChannel(connection, 'parent').then((channel) => context.inboxes.push(new ChannelInbox(channel)));
  });
  const args = [PROGRAM, context.listener.addresses[0] as string, Buffer.from(secret).toString('hex'), what];
  context.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  return context;
}

/** The messages of the child's n-th channel, once it has ended without a goodbye. */
async function lastWords({ inboxes }: Context, n = 0): Promise<unknown[]> {
  await waitUntil(() => inboxes.length > n);
  const inbox = inboxes[n] as ChannelInbox;
  assert.is((await inbox.closed)?.code, 'ERR_CONNECTION_LOST');
  return inbox.messages;
}

test.after.each(async ({ listener, child }) => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await listener.close();
});

test('a peer that is killed is lost at once', async (context) => {
  const { child } = await start(context, 'stay');
  await within(once(child.stdout as NodeJS.ReadableStream, 'data'), 'the child to be ready');
  child.kill('SIGKILL');
  assert.equal(await lastWords(context), []);
});

test('keepAlive(false) lets a process end that has nothing else to do', async (context) => {
  await start(context, 'leave');
  assert.equal(await lastWords(context), []);
  assert.is(context.child.exitCode ?? (await once(context.child, 'exit'))[0], 0);
});

test('what a peer flushes while it exits still arrives', async (context) => {
  await start(context, 'exit');
  assert.equal(await lastWords(context), [{ type: 'last words', code: 7 }]);
});

test('what a peer flushes while it dies of an error still arrives', async (context) => {
  await start(context, 'throw');
  assert.equal(await lastWords(context), [{ type: 'last words', code: 1 }]);
});

test('what a peer flushes over an idle channel arrives even if another one is full', async (context) => {
  await start(context, 'exit while sending');
  assert.equal(await lastWords(context, 1), [{ type: 'last words', code: 7 }]);
});

test.run();
