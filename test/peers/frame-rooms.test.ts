import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closeMemory, mapMemory, openTicket, unmapMemory } from '../../src/native/memfd.ts';
import { FrameRooms } from '../../src/peers/frame-rooms.ts';
import type { FrameRoom } from '../../src/protocol/parts.ts';
import { ticketIn } from '../../src/values/referenced.ts';
import { addonTest, descriptorsOf, mapsOf } from '../native/support.ts';
import { thrown } from '../support/rejection.ts';
import { waitUntil } from '../support/wait-until.ts';

const test = suite('FrameRooms');
const withAddon = addonTest(test);
const MIB = 2 ** 20;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function filled(rooms: FrameRooms, bytes: number): Uint8Array {
  const room = rooms.roomFor(bytes) as FrameRoom;
  for (let at = 0; at < bytes; at += MIB) room.write(new Uint8Array(Math.min(MIB, bytes - at)).fill(at / MIB + 1), at);
  return room.whole();
}

withAddon('a value that fills its frame becomes a reference to its part of the memory', () => {
  const before = descriptorsOf('self');
  const rooms = new FrameRooms();
  const frame = filled(rooms, 3 * MIB);
  const bytes = frame.subarray(64, 3 * MIB - 4);
  const block = rooms.taken({ bytes, ends: Uint32Array.of(bytes.byteLength) });
  assert.is(frame.byteLength, 0, 'the frame is gone');
  const ticket = ticketIn(block?.bytes as Uint8Array);
  assert.is(ticket.bytes, 3 * MIB - 68);
  const map = mapMemory(ticket);
  assert.equal([map.byteLength, new Uint8Array(map)[0], new Uint8Array(map).at(-1)], [ticket.bytes, 1, 3]);
  unmapMemory(map);
  for (const part of [undefined, { start: 69, size: 3 * MIB }, { start: 64, size: 3 * MIB + 1 }])
    thrown(() => openTicket({ ...ticket, kind: 'memory', part }), 'ERR_SHARED_MEMORY');
  closeMemory(openTicket(ticket));
  closeMemory(ticket);
  assert.equal([descriptorsOf('self'), mapsOf('self')], [before, 0]);
});

withAddon('small frames and blocks of many values are left where they are', () => {
  const rooms = new FrameRooms();
  assert.is(rooms.roomFor(MIB - 1), undefined);
  const frame = filled(rooms, 2 * MIB);
  assert.is(rooms.taken({ bytes: frame, ends: Uint32Array.of(5, frame.byteLength) }), undefined);
  assert.is(rooms.taken({ bytes: new Uint8Array(2 * MIB), ends: Uint32Array.of(2 * MIB) }), undefined);
  assert.is(frame[MIB], 2);
});

withAddon('frames that nobody took leave nothing, complete or not', async () => {
  collect();
  await waitUntil(() => mapsOf('self') === 0);
  const before = descriptorsOf('self');
  leaveSome(new FrameRooms());
  assert.ok(descriptorsOf('self') >= before + 20);
  await waitUntil(() => {
    collect();
    return descriptorsOf('self') === before && mapsOf('self') === 0;
  });
});

/** In a function of its own, so that nothing holds them afterwards. */
function leaveSome(rooms: FrameRooms): void {
  for (let i = 0; i < 10; i++) {
    filled(rooms, 2 * MIB);
    rooms.roomFor(2 * MIB)?.write(new Uint8Array(10), 0);
  }
}

test.run();
