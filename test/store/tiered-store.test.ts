import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasCode } from '../../src/errors.ts';
import { unmapMemory } from '../../src/native/memfd.ts';
import { Ranges } from '../../src/protocol/ranges.ts';
import { isReference } from '../../src/protocol/reference.ts';
import { Rooms } from '../../src/store/rooms.ts';
import { blockOf, bytesBehind, ownValue, SHARED_FROM_BYTES } from '../../src/store/shared-values.ts';
import { TieredStore } from '../../src/store/tiered-store.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { addonTest, descriptorsOf, mapsOf } from '../native/support.ts';

const test = suite('TieredStore');
const withAddon = addonTest(test);
const SPILL = join(tmpdir(), 'spill');
const MIB = 1 << 20;
const OPTIONS = { what: 'a value', code: 'ERR_UNSERIALISABLE_RESULT' } as const;
const codec = new ValueCodec();

interface Made {
  readonly store: TieredStore;
  readonly said: string[];
}

function make(memoryBytes = Number.POSITIVE_INFINITY, spillFolder = SPILL): Made {
  const said: string[] = [];
  return { store: new TieredStore({ memoryBytes, spillFolder, log: (text) => said.push(text) }), said };
}

/** A value of about so many bytes, encoded where a thread would encode it. */
function shared(fill: number, bytes = MIB): Uint8Array {
  const rooms = new Rooms();
  const value = { fill, data: new Uint8Array(bytes).fill(fill) };
  return rooms.sealed(codec.encode(value, { ...OPTIONS, allocate: rooms.allocate }));
}

/** What a thread would read. */
function fillOf(store: TieredStore, index: number): number {
  const buffers: ArrayBuffer[] = [];
  const reader = new ValueCodec({ mapped: (buffer) => buffers.push(buffer) });
  const value = reader.decode(store.get(1, index) as Uint8Array) as { fill: number; data: Uint8Array };
  assert.is(value.data.byteLength, MIB);
  assert.is(value.data.at(-1), value.fill);
  for (const buffer of buffers) unmapMemory(buffer);
  return value.fill;
}

test.before(() => mkdirSync(SPILL));
test.after(() => rmSync(SPILL, { recursive: true }));

withAddon('a large value is kept once, in shared memory, and given up when it is deleted', () => {
  const before = descriptorsOf('self');
  const { store } = make();
  store.add(1, 0, blockOf(shared(7)));
  store.add(1, 1, blockOf(Uint8Array.of(3)));
  assert.ok(isReference(store.get(1, 0) as Uint8Array));
  assert.is(fillOf(store, 0), 7);
  assert.ok(store.tiers.shared > MIB && store.tiers.shared < MIB + 8192, `${store.tiers.shared} bytes`);
  assert.ok(store.tiers.heap < 1000);
  store.delete(1, null);
  assert.is(store.byteLength, 0);
  assert.is(descriptorsOf('self'), before);
  assert.is(mapsOf('self'), 0);
});

withAddon('what is written to a value that was read is seen by nobody else', () => {
  const { store } = make();
  store.add(1, 0, blockOf(shared(7)));
  const buffers: ArrayBuffer[] = [];
  const reader = new ValueCodec({ mapped: (buffer) => buffers.push(buffer) });
  const value = reader.decode(store.get(1, 0) as Uint8Array) as { data: Uint8Array };
  value.data.fill(9);
  assert.is(fillOf(store, 0), 7);
  assert.is(value.data[0], 9);
  assert.is(value.data.byteOffset, 0);
  assert.is(value.data.buffer.byteLength, MIB, 'the buffer is that of the value, and no more');
  for (const buffer of buffers) unmapMemory(buffer);
  assert.is(value.data.byteLength, 0, 'detached');
  store.delete(1, null);
});

withAddon('what does not fit goes to disk, oldest first, and is read from there', async () => {
  const { store, said } = make(2.5 * MIB);
  for (let i = 0; i < 6; i++) store.add(1, i, blockOf(shared(i)));
  await store.settled();
  assert.equal(said, []);
  assert.ok(store.tiers.shared < 2.5 * MIB && store.tiers.disk >= 4 * MIB, JSON.stringify(store.tiers));
  assert.equal(readdirSync(SPILL), [], 'files have no name');
  assert.equal(
    [0, 1, 2, 3, 4, 5].map((i) => fillOf(store, i)),
    [0, 1, 2, 3, 4, 5],
  );
  store.delete(1, Ranges.of(0, 3));
  store.delete(1, null);
  await store.settled();
  assert.is(store.byteLength, 0);
  assert.is(mapsOf('self'), 0);
});

withAddon('a value that is deleted on its way to disk is gone', async () => {
  const before = descriptorsOf('self');
  const { store } = make(0);
  store.add(1, 0, blockOf(shared(1, 20 * MIB)));
  store.delete(1, null);
  await store.settled();
  assert.is(store.byteLength, 0);
  assert.is(descriptorsOf('self'), before);
});

withAddon('roomToPut: soon, while values go to disk; not, where it takes none', async () => {
  const { store } = make(1.5 * MIB);
  const full = make(0, join(SPILL, 'missing')).store;
  assert.equal([store.roomToPut(), full.roomToPut()], [{ kind: 'free' }, { kind: 'free' }]);
  for (let i = 0; i < 3; i++) store.add(1, i, blockOf(shared(i)));
  full.add(1, 0, blockOf(shared(0)));
  assert.equal([store.roomToPut(), full.roomToPut()], [{ kind: 'soon' }, { kind: 'soon' }]);
  await Promise.all([store.settled(), full.settled()]);
  assert.equal(store.roomToPut(), { kind: 'free' });
  const why = 'it keeps more than the 0 MiB that it may (memoryMb) in memory, and its disk takes no more';
  assert.equal(full.roomToPut(), { kind: 'none', why });
  full.delete(1, null);
  assert.equal(full.roomToPut(), { kind: 'free' });
  store.delete(1, null);
});

test('roomToPut: not, beside a million values, however small', () => {
  const { store } = make();
  for (let i = 0; i < 1_000_000; i++) store.add(i, 0, blockOf(Uint8Array.of(1)));
  assert.equal(store.roomToPut(), { kind: 'none', why: 'it keeps 1000000 values already' });
  store.delete(0, null);
  assert.equal(store.roomToPut(), { kind: 'free' });
});

withAddon('where the disk does not take it, values stay in memory, and it is said once', async () => {
  const { store, said } = make(0, join(SPILL, 'missing'));
  for (let i = 0; i < 3; i++) store.add(1, i, blockOf(shared(i)));
  await store.settled();
  assert.is(fillOf(store, 2), 2);
  assert.is(said.length, 1);
  assert.match(said[0] as string, /Cannot move \d+ bytes to disk, in .*missing: ENOENT\. Pass a "spillDirectory"/);
  store.delete(1, null);
});

withAddon('dropUnlessKept gives up what was not added, and leaves what was', () => {
  const before = descriptorsOf('self');
  const { store } = make();
  const kept = blockOf(shared(1));
  const unwanted = blockOf(shared(2));
  store.add(1, 0, { bytes: kept.bytes.subarray(), ends: kept.ends.slice() });
  for (const block of [kept, unwanted]) store.dropUnlessKept(block);
  assert.is(fillOf(store, 0), 1);
  store.delete(1, null);
  assert.is(descriptorsOf('self'), before);
});

withAddon('a value outlives the process that it came from', async () => {
  const peer = fork(new URL('./owner.ts', import.meta.url));
  const [text] = (await once(peer, 'message')) as [string];
  const reference = Buffer.from(text, 'base64');
  const own = ownValue(reference);
  peer.kill('SIGKILL');
  await once(peer, 'exit');
  const { store } = make();
  store.add(1, 0, blockOf(own));
  assert.is(fillOf(store, 0), 5);
  assert.is(bytesBehind(store.get(1, 0) as Uint8Array).byteLength, store.tiers.shared);
  store.delete(1, null);
  try {
    ownValue(reference);
    assert.unreachable();
  } catch (error) {
    assert.ok(hasCode(error, 'ERR_SHARED_MEMORY'), String(error));
  }
});

withAddon('large bytes from elsewhere are shared from then on, small ones are not', () => {
  assert.not(isReference(ownValue(new Uint8Array(SHARED_FROM_BYTES - 1))));
  const own = ownValue(codec.encode(new Uint8Array(SHARED_FROM_BYTES).fill(4), OPTIONS));
  assert.ok(isReference(own));
  const { store } = make();
  store.add(1, 0, blockOf(own));
  store.delete(1, null);
});

test.run();
