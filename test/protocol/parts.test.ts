import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasCode } from '../../src/errors.ts';
import { FRAME_KIND } from '../../src/protocol/frame.ts';
import { bytesOf, PACKET_BYTES, packetsOf, Reassembler } from '../../src/protocol/parts.ts';
import { fuzzRounds, Random } from '../support/random.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('parts');

/** Bytes that begin like a frame; the rest is not looked at here. */
function frame(size: number, random = new Random(size)): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 97) bytes[i] = random.below(256);
  new DataView(bytes.buffer).setUint32(0, FRAME_KIND, true);
  return bytes;
}

/** The same bytes, cut into pieces at random places. */
function cut(bytes: Uint8Array, random: Random): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.byteLength; ) {
    const size = 1 + random.below(random.pick([10, 10_000, 3_000_000]));
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return pieces;
}

/** The packet, half of the time where the reassembler wants it. */
function placed(reassembler: Reassembler, packet: Uint8Array, random: Random): Uint8Array {
  const room = random.below(2) === 0 ? undefined : reassembler.room(packet.byteLength);
  room?.set(packet);
  return room ?? packet;
}

function announcement(total: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, 2, true);
  view.setBigUint64(8, BigInt(total), true);
  return new Uint8Array(view.buffer);
}

test('packetsOf and Reassembler give back each frame, whatever its size and pieces', () => {
  const reassembler = new Reassembler();
  for (let seed = 1; seed <= fuzzRounds(60); seed++) {
    const random = new Random(seed);
    const bytes = frame(8 + random.below(random.pick([10, 100_000, 5_000_000])), random);
    const packets = packetsOf(cut(bytes, random)).map((pieces) => new Uint8Array(Buffer.concat(pieces)));
    const results = packets.map((packet) => reassembler.push(placed(reassembler, packet, random)));
    const last = results.pop();
    assert.ok(last !== undefined && Buffer.compare(last, bytes) === 0, `seed ${seed}`);
    assert.ok(
      results.every((result) => result === undefined),
      `seed ${seed}: nothing before the last packet`,
    );
  }
});

test('packetsOf makes no packet over the limit, and copies nothing', () => {
  const big = frame(10 * 2 ** 20 + 5);
  for (const packet of packetsOf([frame(100), big]).slice(1)) {
    assert.ok(bytesOf(packet) <= PACKET_BYTES);
    for (const piece of packet) assert.ok(piece.buffer === big.buffer || piece.byteLength === 100);
  }
});

test('packetsOf keeps a small frame in one packet', () => {
  const pieces = [frame(100), new Uint8Array(1000)];
  assert.equal(packetsOf(pieces), [pieces]);
});

test('Reassembler.push refuses packets over the limit, too short, or of no kind', () => {
  const refused = (packet: Uint8Array, pattern: RegExp) =>
    assert.match(thrown(() => new Reassembler().push(packet), 'ERR_FRAME').message, pattern);
  refused(frame(PACKET_BYTES + 1), /the limit is 1048576/);
  refused(new Uint8Array(0), /0 bytes/);
  refused(new Uint8Array(7), /7 bytes/);
  refused(new Uint8Array(8), /kind is 0/);
  refused(announcement(5).subarray(0, 12), /announcement has 12 bytes/);
  refused(announcement(0), /no bytes/);
});

test('Reassembler.push refuses a frame over the limit as soon as it is announced', () => {
  const reassembler = new Reassembler(1000);
  assert.match(
    thrown(() => reassembler.push(announcement(1001)), 'ERR_FRAME').message,
    /1001 bytes, the limit is 1000/,
  );
  assert.match(thrown(() => reassembler.push(announcement(2 ** 63)), 'ERR_FRAME').message, /the limit is 1000/);
  assert.match(thrown(() => reassembler.push(frame(1001)), 'ERR_FRAME').message, /the limit is 1000/);
  assert.is(reassembler.push(frame(1000))?.byteLength, 1000);
});

test('Reassembler.push refuses bytes past the announced end, and empty packets on the way', () => {
  const reassembler = new Reassembler();
  reassembler.push(announcement(10));
  assert.match(thrown(() => reassembler.push(new Uint8Array(11)), 'ERR_FRAME').message, /1 bytes past the end/);
  assert.match(thrown(() => reassembler.push(new Uint8Array(0)), 'ERR_FRAME').message, /empty/);
});

test('Reassembler.push gives memory as bytes arrive, not as they are announced', () => {
  const before = process.memoryUsage().arrayBuffers;
  const reassembler = new Reassembler();
  reassembler.push(announcement(2 ** 31));
  reassembler.push(new Uint8Array(1000));
  assert.ok(process.memoryUsage().arrayBuffers - before <= 257 * 2 ** 20);
});

test('Reassembler.push puts a frame together that outgrows its first memory', () => {
  const reassembler = new Reassembler();
  const total = 257 * 2 ** 20;
  reassembler.push(announcement(total));
  const packet = frame(PACKET_BYTES);
  let whole: Uint8Array | undefined;
  for (let i = 0; i < 257; i++) whole = reassembler.push(packet);
  assert.is(whole?.byteLength, total);
  assert.is(Buffer.compare(whole!.subarray(0, PACKET_BYTES), packet), 0);
  assert.is(Buffer.compare(whole!.subarray(total - PACKET_BYTES), packet), 0);
});

test('Reassembler writes a large frame to the room that it is given, through one part of memory', () => {
  const random = new Random(4);
  const sent = frame(3 * PACKET_BYTES + 5);
  const memory = new Uint8Array(sent.byteLength);
  const room = { write: (part: Uint8Array, at: number) => memory.set(part, at), whole: () => memory };
  const reassembler = new Reassembler(undefined, (bytes) => (bytes === sent.byteLength ? room : undefined));
  const [first, ...parts] = packetsOf([sent]).map((packet) => Buffer.concat(packet));
  assert.is(reassembler.push(first as Uint8Array), undefined);
  const wheres = new Set(parts.map((part) => reassembler.room(part.byteLength)?.buffer));
  assert.is(wheres.size, 1);
  const wholes = parts.map((part) => reassembler.push(placed(reassembler, part, random)));
  assert.is(wholes.pop(), memory);
  assert.ok(wholes.every((whole) => whole === undefined));
  assert.is(Buffer.compare(memory, sent), 0);
});

test('Reassembler.push survives a fuzz: a frame, nothing, or ERR_FRAME', () => {
  for (let seed = 1; seed <= fuzzRounds(2000); seed++) {
    const random = new Random(seed);
    const reassembler = new Reassembler(10_000);
    for (let i = 0; i < 10; i++) {
      const packet = random.pick([
        announcement(random.below(12_000)),
        frame(8 + random.below(3000)),
        random.bytes(random.below(64)),
      ]);
      if (random.below(3) === 0 && packet.byteLength > 0) packet[random.below(packet.byteLength)] = random.below(256);
      try {
        const whole = reassembler.push(packet);
        assert.ok(whole === undefined || whole.byteLength <= 10_000);
      } catch (error) {
        assert.ok(hasCode(error, 'ERR_FRAME'), `seed ${seed}: ${error}`);
      }
    }
  }
});

test.run();
