// serial, deadline: 120 s
/** The transport on a real runtime. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DragonConnection } from '../../src/dragon/connection.ts';
import { findDragon } from '../../src/dragon/find-library.ts';
import { DragonRuntime } from '../../src/dragon/runtime.ts';
import { DragonTransport } from '../../src/dragon/transport.ts';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import { connectionPair } from '../support/channel-pair.ts';
import { TestRuntime } from '../support/dragon/runtime.ts';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { Inbox } from '../support/inbox.ts';
import { waitUntil } from '../support/wait-until.ts';
import { within } from '../support/within.ts';
import { transportCompliance } from '../transport/compliance.ts';

const OWNER = new URL('./jobs/owner.ts', import.meta.url).pathname;

await inDragonSandbox(import.meta, async () => {
  const server = await TestRuntime.start();
  const logs: string[] = [];
  const log = (_level: string, text: string): void => void logs.push(text);
  const { library } = findDragon();
  const runtime = await DragonRuntime.join({ library, token: server.token, askEveryMs: 500, log });
  const newTransport = (use: DragonRuntime | undefined = runtime): DragonTransport =>
    new DragonTransport(new StreamTransport(newSecret()), { current: () => use, ready: async () => {} });

  transportCompliance('DragonTransport on a runtime', () => newTransport());
  transportCompliance('DragonTransport without a runtime', () => newTransport(undefined));

  const test = suite('DragonTransport');

  test('packets go through Dragon, both ways, soon after the connection was made', async () => {
    const [near, far] = (await connectionPair(newTransport())) as [DragonConnection, DragonConnection];
    await waitUntil(() => near.path === 'dragon' && far.path === 'dragon');
    near.destroy();
  });

  test('a runtime that is killed is noticed within seconds, and no packet is lost', async () => {
    const [near, far] = (await connectionPair(newTransport())) as [DragonConnection, DragonConnection];
    await waitUntil(() => near.path === 'dragon');
    const [inbox, numbers] = [new Inbox(far), Array.from({ length: 1000 }, (_, i) => String(i))];
    new Inbox(near);
    for (const number of numbers) near.send([Buffer.from(number)]);
    await server.kill();
    const killed = performance.now();
    assert.match((await runtime.failed).message, 'Cannot reach the runtime of Dragon: DRAGON_TIMEOUT');
    assert.ok(performance.now() - killed < 8000, 'it took too long');
    assert.is(near.path, 'socket');
    near.send([Buffer.from('after')]);
    assert.equal(await inbox.texts(1001), [...numbers, 'after']);
    assert.ok(logs.some((text) => /go over the socket from now on: Cannot reach the runtime/.test(text)));
    near.destroy();
  });

  test('the file for attaching that a dead runtime left is not believed', async () => {
    assert.ok(existsSync(join(server.folder, 'attach_info.txt')));
    const [answer] = await within(once(fork(OWNER, [server.token]), 'message'), 'the answer');
    assert.match(answer, 'Cannot attach to the runtime of Dragon: DRAGON_TIMEOUT');
  });

  test('leaves nothing behind', async () => {
    await runtime.leave();
    await server[Symbol.asyncDispose]();
    const { readdirSync } = await import('node:fs');
    assert.equal(readdirSync('/dev/shm'), []);
  });

  test.run();
});
