// serial, deadline: 120 s
/** Values in pools, between real processes, on a real runtime. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { findDragon } from '../../src/dragon/find-library.ts';
import { openPooled, poolBytesFor } from '../../src/dragon/pool.ts';
import { DragonRuntime } from '../../src/dragon/runtime.ts';
import {
  closeMemory,
  mapMemory,
  openTicket,
  type SharedMemory,
  ticketOf,
  unmapMemory,
} from '../../src/native/memfd.ts';
import { type PooledMemory, writePooled } from '../../src/native/pool-memory.ts';
import type { MemoryTicket } from '../../src/native/ticket.ts';
import { Ranges } from '../../src/protocol/ranges.ts';
import { isReference } from '../../src/protocol/reference.ts';
import { Rooms } from '../../src/store/rooms.ts';
import { blockOf, bytesBehind } from '../../src/store/shared-values.ts';
import { TieredStore } from '../../src/store/tiered-store.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { ticketIn } from '../../src/values/referenced.ts';
import { descriptorsOf } from '../native/support.ts';
import { storeCompliance } from '../store/compliance.ts';
import { TestRuntime } from '../support/dragon/runtime.ts';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { rejection, thrown } from '../support/rejection.ts';
import { waitUntil } from '../support/wait-until.ts';
import { within } from '../support/within.ts';

type PoolTicket = MemoryTicket & { readonly kind: 'pool' };

const OWNER = new URL('./jobs/owner.ts', import.meta.url).pathname;
const READER = new URL('../native/peer.ts', import.meta.url).pathname;
const MIB = 2 ** 20;
const POOL_BYTES = 64 * MIB;
const OPTIONS = { what: 'a value', code: 'ERR_UNSERIALISABLE_RESULT' } as const;
const codec = new ValueCodec();

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

function bytesOf(memory: SharedMemory): Uint8Array {
  const buffer = mapMemory(memory);
  const bytes = new Uint8Array(buffer).slice();
  unmapMemory(buffer);
  return bytes;
}

/** What the files of shared memory take up, in MiB. */
function usedMib(): number {
  const { blocks, bfree, bsize } = statfsSync('/dev/shm');
  return ((blocks - bfree) * bsize) / MIB;
}

/** A value of about so many bytes, encoded where a thread would encode it. */
function encoded(fill: number, bytes = MIB): Uint8Array {
  const rooms = new Rooms();
  const value = { fill, data: new Uint8Array(bytes).fill(fill) };
  return rooms.sealed(codec.encode(value, { ...OPTIONS, allocate: rooms.allocate }));
}

function newStore(memoryBytes = Number.POSITIVE_INFINITY): TieredStore {
  return new TieredStore({ memoryBytes, spillFolder: tmpdir(), log: (text) => console.log(text) });
}

await inDragonSandbox(import.meta, async () => {
  const server = await TestRuntime.start();
  const runtime = await DragonRuntime.join({ library: findDragon().library, token: server.token, log: () => {} });
  await runtime.keepValues(POOL_BYTES);
  storeCompliance('TieredStore with a pool of Dragon', () => newStore());
  const test = suite('values in pools of Dragon');
  testOwn(test);
  testPeers(test, runtime, server.token);
  testWrong(test, runtime, server.token);
  testCycles(test);
  testEnds(test, runtime, server);
  test.run();
});

function testOwn(test: Test): void {
  test('poolBytesFor takes a part of what is free, as a power of two', () => {
    assert.is(poolBytesFor(100 * MIB, 2, 2 ** 40), 64 * MIB);
    assert.is(poolBytesFor(2 ** 40, 4, 2 ** 30), 64 * MIB);
    assert.is(poolBytesFor(2 ** 40, 1, 2 ** 40), 2 ** 32);
    assert.is(poolBytesFor(2 ** 40, 8, 2 ** 28), 0);
  });

  test('a large value is encoded into the pool, counted once, read in place, and its memory given back', () => {
    const [before, descriptors] = [usedMib(), descriptorsOf('self')];
    const store = newStore();
    store.add(1, 0, blockOf(encoded(7, 8 * MIB)));
    const reference = store.get(1, 0) as Uint8Array;
    assert.is(ticketIn(reference).kind, 'pool');
    assert.ok(store.tiers.pool > 8 * MIB && store.byteLength < 8 * MIB + 8192, JSON.stringify(store.tiers));
    assert.ok(usedMib() >= before + 8, `${usedMib()} MiB, before ${before}`);
    assert.is((codec.decode(reference) as { data: Uint8Array }).data.at(-1), 7);
    assert.is(bytesBehind(reference).byteLength, store.tiers.pool);
    store.delete(1, null);
    assert.is(store.byteLength, 0);
    assert.is(descriptorsOf('self'), descriptors);
  });

  test('what is read stays what it is, though the store has given it up', async () => {
    const before = usedMib();
    const store = newStore();
    store.add(1, 0, blockOf(encoded(7, 8 * MIB)));
    const maps: ArrayBuffer[] = [];
    const reader = new ValueCodec({ mapped: (buffer) => maps.push(buffer) });
    const { data } = reader.decode(store.get(1, 0) as Uint8Array) as { data: Uint8Array };
    store.delete(1, null);
    for (let i = 0; i < 20; i++) {
      store.add(1, i, blockOf(encoded(i, 8 * MIB)));
      store.delete(1, null);
    }
    assert.ok(data.every((byte) => byte === 7));
    for (const map of maps) unmapMemory(map);
    await waitUntil(() => usedMib() < before + 4);
  });

  test('a full pool: values go on in other memory, to disk as others do, and back when there is room', async () => {
    const store = newStore(100 * MIB);
    const kinds = Array.from({ length: 20 }, (_, i) => {
      store.add(1, i, blockOf(encoded(i, 6 * MIB)));
      return ticketIn(store.get(1, i) as Uint8Array).kind;
    });
    assert.ok(kinds.includes('pool') && kinds.includes('memory'), kinds.join());
    await store.settled();
    assert.ok(store.tiers.disk > 0 && store.tiers.heap < 20_000, JSON.stringify(store.tiers));
    for (let i = 0; i < 20; i++) {
      const { fill, data } = codec.decode(store.get(1, i) as Uint8Array) as { fill: number; data: Uint8Array };
      assert.ok(fill === i && data[0] === i && data.at(-1) === i);
    }
    store.delete(1, Ranges.of(0, 20));
    globalThis.gc?.();
    assert.is(store.byteLength, 0);
    assert.is(encoded(1, 128 * MIB)[0], encoded(1)[0], 'one that is larger than the pool is a reference too');
  });
}

function testPeers(test: Test, runtime: DragonRuntime, token: string): void {
  test('a value of another process is found by its descriptor, and writing to the map changes nothing', async () => {
    const { owner, ask } = await startOwner(token);
    for (const bytes of [1, 64, 5000, 3 * MIB + 7, 100 * MIB]) {
      const ticket = (await ask('put', bytes, 7)) as PoolTicket;
      const opened = await openPooled(runtime, ticket);
      const map = mapMemory(opened);
      assert.ok(
        new Uint8Array(map).every((byte) => byte === 7),
        `${bytes} bytes`,
      );
      new Uint8Array(map).fill(8);
      assert.is(bytesOf(opened).at(-1), 7);
      unmapMemory(map);
      closeMemory(opened);
      await ask('release');
    }
    owner.disconnect();
    await once(owner, 'exit');
  });

  test('it is not freed while it is held, and freed once it is not', async () => {
    const { owner, ask } = await startOwner(token);
    const before = usedMib();
    const opened = await openPooled(runtime, (await ask('put', 10 * MIB, 5)) as PoolTicket);
    await ask('release');
    for (let i = 0; i < 30; i++) {
      await ask('put', 10 * MIB, 6);
      await ask('release');
    }
    assert.ok(bytesOf(opened).every((byte) => byte === 5));
    closeMemory(opened);
    await waitUntil(() => usedMib() < before + 4);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    runtime.sweep();
  });

  test('a reader that is killed holds nothing any more', async () => {
    const value = writePooled([new Uint8Array(20 * MIB)]) as PooledMemory;
    const reader = fork(READER);
    reader.send({ ticket: ticketOf(value) });
    await within(once(reader, 'message'), 'the reader');
    const before = usedMib();
    closeMemory(value);
    assert.ok(usedMib() > before - 5, 'it is held');
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    await waitUntil(() => usedMib() < before - 15);
  });
}

function testWrong(test: Test, runtime: DragonRuntime, token: string): void {
  test('a wrong descriptor, length, token or number opens nothing', async () => {
    const { owner, ask } = await startOwner(token);
    const [ticket, other] = [await ask('put', MIB, 1), await ask('put', MIB, 2)] as [PoolTicket, PoolTicket];
    const { place } = ticket;
    const wrong: PoolTicket[] = [
      { ...ticket, bytes: MIB - 1 },
      { ...ticket, bytes: 2 ** 50 },
      { ...ticket, inode: '1' },
      { ...ticket, place: { ...place, descriptor: other.place.descriptor } },
      { ...ticket, place: { ...place, start: other.place.start } },
      { ...ticket, place: { ...other.place, token: place.token } },
      { ...ticket, place: { ...place, number: place.number + 1 } },
      { ...ticket, place: { ...place, start: 2 ** 52 } },
    ];
    const descriptors = descriptorsOf('self');
    for (const one of wrong) {
      await rejection(openPooled(runtime, one), 'ERR_SHARED_MEMORY');
      if (one.place.descriptor === place.descriptor || one.place.start !== place.start)
        thrown(() => openTicket(one), 'ERR_SHARED_MEMORY');
    }
    for (const bytes of [0, 5, 95, 200]) {
      const descriptor = Buffer.alloc(bytes, 7).toString('base64');
      await rejection(openPooled(runtime, { ...ticket, place: { ...place, descriptor } }), 'ERR_DRAGON');
    }
    runtime.sweep(); // Dragon opens the pools of others, too
    await waitUntil(() => descriptorsOf('self') === descriptors);
    closeMemory(await openPooled(runtime, ticket));
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    runtime.sweep();
  });
}

function testCycles(test: Test): void {
  test('putting and releasing over and over does not grow memory, maps or descriptors', () => {
    const bytes = new Uint8Array(300_000);
    const cycle = (times: number): void => {
      for (let i = 0; i < times; i++) closeMemory(writePooled([bytes]) as PooledMemory);
    };
    cycle(500);
    const [rss, used, descriptors] = [process.memoryUsage.rss(), usedMib(), descriptorsOf('self')];
    cycle(3000);
    assert.is(descriptorsOf('self'), descriptors);
    assert.ok(usedMib() < used + 4, `${usedMib()} MiB, before ${used}`);
    assert.ok(process.memoryUsage.rss() < rss + 30 * MIB, 'memory grew');
  });

  test("another token than that of the runtime is refused, with Dragon's own words", async () => {
    const [answer] = await within(once(fork(OWNER, ['another']), 'message'), 'the answer');
    assert.match(
      answer,
      /Cannot attach to the runtime of Dragon: the token is another one .*DRAGON_INVALID_OPERATION\n.*\n.*ext_attach/,
    );
  });
}

function testEnds(test: Test, runtime: DragonRuntime, server: TestRuntime): void {
  test('an owner that is killed: who holds its value goes on with it, and for others it is gone', async () => {
    const before = usedMib();
    const { owner, ask } = await startOwner(server.token);
    const ticket = (await ask('put', 10 * MIB, 5)) as PoolTicket;
    const opened = await openPooled(runtime, ticket);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    runtime.sweep();
    assert.ok(bytesOf(opened).every((byte) => byte === 5));
    const again = openTicket(ticketOf(opened));
    closeMemory(opened);
    assert.is(bytesOf(again)[0], 5, 'whoever holds it can pass it on');
    closeMemory(again);
    await waitUntil(() => usedMib() < before + 2);
    await rejection(openPooled(runtime, ticket), 'ERR_DRAGON');
    thrown(() => openTicket(ticket), 'ERR_SHARED_MEMORY');
    assert.equal(
      readdirSync('/dev/shm').filter((name) => name.includes(String(owner.pid))),
      [],
    );
  });

  test('a runtime that is killed: values stay, and new ones go elsewhere', async () => {
    const store = newStore();
    store.add(1, 0, blockOf(encoded(3)));
    await server.kill();
    await waitUntil(() => runtime.failure !== undefined);
    assert.not(runtime.keepsValues);
    store.add(1, 1, blockOf(encoded(4)));
    const kinds = [0, 1].map((i) => ticketIn(store.get(1, i) as Uint8Array).kind);
    assert.equal(kinds, ['pool', 'memory']);
    for (const [i, fill] of [3, 4].entries())
      assert.is((codec.decode(store.get(1, i) as Uint8Array) as { fill: number }).fill, fill);
    assert.ok(isReference(store.get(1, 0) as Uint8Array));
    store.delete(1, null);
  });

  test('leaves nothing behind', async () => {
    await runtime.leave();
    await server[Symbol.asyncDispose]();
    assert.equal(readdirSync('/dev/shm'), []);
  });
}
