// serial, deadline: 120 s
/** Values in a pool, between two real processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { findDragon } from '../../src/dragon/find-library.ts';
import { DragonPool, type DragonValue, locate, mapPlace } from '../../src/dragon/pool.ts';
import { DragonRuntime } from '../../src/dragon/runtime.ts';
import { unmapMemory } from '../../src/native/memfd.ts';
import { TestRuntime } from '../support/dragon/runtime.ts';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { rejection } from '../support/rejection.ts';
import { within } from '../support/within.ts';

const OWNER = new URL('./jobs/owner.ts', import.meta.url).pathname;
const MIB = 2 ** 20;

/** A process with a pool; what it puts is a number of bytes that are all the same. */
async function startOwner(
  token: string,
): Promise<{ owner: ChildProcess; ask: (...words: unknown[]) => Promise<unknown> }> {
  const owner = fork(OWNER, [token]);
  await within(once(owner, 'message'), 'the owner');
  const ask = async (...words: unknown[]): Promise<unknown> => {
    owner.send(words);
    const [answer] = await within(once(owner, 'message'), `the answer to ${words[0]}`);
    return answer;
  };
  return { owner, ask };
}

await inDragonSandbox(import.meta, async () => {
  const server = await TestRuntime.start();
  const runtime = await DragonRuntime.join({ library: findDragon().library, token: server.token, log: () => {} });
  const test = suite('DragonPool');
  testValues(test, runtime, server.token);
  testCycles(test, runtime);

  test("another token than that of the runtime is refused, with Dragon's own words", async () => {
    const [answer] = await within(once(fork(OWNER, ['another']), 'message'), 'the answer');
    assert.match(
      answer,
      /Cannot attach to the runtime of Dragon: the token is another one .*DRAGON_INVALID_OPERATION\n.*\n.*ext_attach/,
    );
  });

  test('leaves nothing behind', async () => {
    await runtime.leave();
    await server[Symbol.asyncDispose]();
    assert.equal(readdirSync('/dev/shm'), []);
  });

  test.run();
});

function testValues(test: Test, runtime: DragonRuntime, token: string): void {
  test('a value of another process is read in place, and writing to the map changes nothing', async () => {
    const { owner, ask } = await startOwner(token);
    for (const bytes of [1, 64, 5000, 3 * MIB + 7, 100 * MIB]) {
      const descriptor = Buffer.from((await ask('put', bytes, 7)) as string, 'base64');
      const place = await locate(runtime, descriptor);
      assert.is(place.bytes, bytes);
      const [first, second] = [mapPlace(place), mapPlace(place)];
      assert.ok(
        new Uint8Array(first).every((byte) => byte === 7),
        `${bytes} bytes`,
      );
      new Uint8Array(first).fill(8);
      assert.is(new Uint8Array(second)[bytes - 1], 7);
      for (const buffer of [first, second]) unmapMemory(buffer);
      await ask('release');
    }
    owner.disconnect();
    await once(owner, 'exit');
  });

  test('a full pool says so, and has room again after a release', async () => {
    const pool = await DragonPool.create(runtime, 16 * MIB);
    const values: DragonValue[] = [];
    for (let value = await pool.put(new Uint8Array(MIB)); value !== undefined; ) {
      values.push(value);
      value = await pool.put(new Uint8Array(MIB));
    }
    assert.ok(values.length >= 8 && values.length <= 16, `${values.length} values`);
    await pool.release(values.pop() as DragonValue);
    assert.ok((await pool.put(new Uint8Array(MIB))) !== undefined);
    assert.is(await pool.put(new Uint8Array(64 * MIB)), undefined, 'larger than the pool');
    await pool.end();
  });

  test('an owner that is killed while others read: what they have mapped stays, the rest is gone', async () => {
    const { owner, ask } = await startOwner(token);
    const descriptor = Buffer.from((await ask('put', 10 * MIB, 5)) as string, 'base64');
    const place = await locate(runtime, descriptor);
    const buffer = mapPlace(place);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    runtime.sweep();
    assert.ok(new Uint8Array(buffer).every((byte) => byte === 5));
    unmapMemory(buffer);
    await rejection(
      Promise.resolve().then(() => mapPlace(place)),
      'ERR_DRAGON',
    );
    assert.equal(
      readdirSync('/dev/shm').filter((name) => name.includes(String(owner.pid))),
      [],
    );
  });
}

function testCycles(test: Test, runtime: DragonRuntime): void {
  test('putting and releasing over and over does not grow memory or maps', async () => {
    const pool = await DragonPool.create(runtime, 16 * MIB);
    const cycle = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await pool.release((await pool.put(new Uint8Array(4096))) as DragonValue);
    };
    const maps = (): number => readFileSync('/proc/self/maps', 'utf8').split('\n').length;
    await cycle(2000);
    const before = { rss: process.memoryUsage.rss(), maps: maps() };
    await cycle(5000);
    assert.ok(maps() <= before.maps + 20, `${maps()} maps, before ${before.maps}`);
    assert.ok(process.memoryUsage.rss() < before.rss + 30 * MIB, 'memory grew');
    await pool.end();
  });
}
