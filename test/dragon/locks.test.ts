// serial, deadline: 120 s
/** A peer that is killed while it holds a lock of Dragon's: the others notice, and go on through sockets. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DragonConnection } from '../../src/dragon/connection.ts';
import { findDragon } from '../../src/dragon/find-library.ts';
import { DragonRuntime } from '../../src/dragon/runtime.ts';
import { DragonTransport } from '../../src/dragon/transport.ts';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import type { Connection } from '../../src/transport/transport.ts';
import { connectionPair } from '../support/channel-pair.ts';
import { TestRuntime } from '../support/dragon/runtime.ts';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { Inbox } from '../support/inbox.ts';
import { waitUntil } from '../support/wait-until.ts';
import { within } from '../support/within.ts';

const FLOOD = new URL('./jobs/flood.ts', import.meta.url).pathname;
/** A call of Dragon on one node takes microseconds; one that takes so long waits for a lock. */
const WAITS_MS = 15;
const WAITS_FOR_GOOD_MS = 500;
const MOST_TRIES = 1000;

/** Resolves when this process leaves its cores alone. Threads that began to wait last are stopped last. */
async function untilQuiet(): Promise<void> {
  const end = performance.now() + 15_000;
  for (;;) {
    const before = process.cpuUsage();
    await delay(500);
    const { user, system } = process.cpuUsage(before);
    if (user + system < 150_000) return;
    assert.ok(performance.now() < end, `${user + system} µs of half a second`);
  }
}

await inDragonSandbox(import.meta, async () => {
  const server = await TestRuntime.start();
  const logs: string[] = [];
  const log = (_level: string, text: string): void => void logs.push(text);
  const runtime = await DragonRuntime.join({ library: findDragon().library, token: server.token, log });
  const secret = newSecret();
  const source = { current: () => runtime, ready: async () => {} };
  const transport = new DragonTransport(new StreamTransport(secret), source);
  const test = suite('a peer that is killed while it holds a lock of Dragon');

  const inside = (): number => runtime.addon.dragonInside()[2];

  /** Stops a peer, again and again, until it stands still with the lock of this process's channel in its hands; then kills it. */
  async function killHolder(): Promise<void> {
    const flooding = Promise.withResolvers<Connection>();
    const listener = await transport.listen({}, flooding.resolve);
    const words = [server.token, Buffer.from(secret).toString('hex'), listener.addresses[0] as string];
    const flood = fork(FLOOD, words);
    const inbox = new Inbox(await within(flooding.promise, 'the peer'));
    await inbox.next();
    for (let tries = 0; !(await holdsLock()); tries++) {
      assert.ok(tries < MOST_TRIES, 'it never held the lock when it was stopped');
      flood.kill('SIGCONT');
      while (inbox.size > 0) await inbox.next();
      await delay(Math.random() * 3);
      flood.kill('SIGSTOP');
    }
    flood.kill('SIGKILL');
    await once(flood, 'exit');
    await listener.close();
  }

  async function holdsLock(): Promise<boolean> {
    await delay(2 * WAITS_MS);
    while (inside() > WAITS_MS) {
      if (inside() > WAITS_FOR_GOOD_MS) return true;
      await delay(WAITS_MS);
    }
    return false;
  }

  test('nobody hangs, no packet is lost, and no core is kept busy', async () => {
    const [near, far] = (await connectionPair(transport)) as [DragonConnection, DragonConnection];
    await waitUntil(() => near.path === 'dragon' && far.path === 'dragon');
    const [inbox, numbers] = [new Inbox(far), Array.from({ length: 1000 }, (_, i) => String(i))];
    new Inbox(near);
    await killHolder();
    const killed = performance.now();
    for (const number of numbers) near.send([Buffer.from(number)]);
    assert.equal(await inbox.texts(1000), numbers);
    assert.ok(performance.now() - killed < 8000, 'it took too long');
    assert.equal([near.path, far.path], ['socket', 'socket']);
    assert.match(runtime.failure?.message ?? '', 'has not come back for');
    await untilQuiet();
    near.destroy();
  });

  test('leaves nothing behind', async () => {
    await runtime.leave();
    await server[Symbol.asyncDispose]();
    assert.equal(readdirSync('/dev/shm'), []);
  });

  test.run();
});
