import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PACKET_BYTES } from '../../src/protocol/parts.ts';
import { GOODBYE_LENGTH, PacketReader } from '../../src/transport/packet-reader.ts';
import { Random } from '../support/random.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('PacketReader');

function stream(lengths: readonly number[], random: Random): { bytes: Buffer; packets: Buffer[] } {
  const packets = lengths.map((length) => Buffer.from(random.bytes(length)));
  const pieces = packets.flatMap((packet) => [lengthOf(packet.byteLength), packet]);
  return { bytes: Buffer.concat(pieces), packets };
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
}

function newReader(): { reader: PacketReader; packets: Buffer[]; goodbyes: () => number } {
  const packets: Buffer[] = [];
  let goodbyes = 0;
  const reader = new PacketReader({
    packet: (bytes) => packets.push(Buffer.from(bytes)),
    goodbye: () => {
      goodbyes += 1;
    },
  });
  return { reader, packets, goodbyes: () => goodbyes };
}

test('packets come out whole, wherever the stream was cut', () => {
  const random = new Random(11);
  for (let round = 0; round < 200; round++) {
    const lengths = Array.from({ length: 8 }, () => random.below(300));
    const { bytes, packets } = stream(lengths, random);
    const got = newReader();
    for (let at = 0; at < bytes.byteLength; ) {
      const end = Math.min(bytes.byteLength, at + 1 + random.below(20 + random.below(400)));
      got.reader.read(bytes.subarray(at, end));
      at = end;
    }
    assert.equal(got.packets, packets);
  }
});

test('a packet over the limit is refused before memory is taken for it', () => {
  for (const length of [PACKET_BYTES + 1, GOODBYE_LENGTH - 1]) {
    const { reader } = newReader();
    const error = thrown(() => reader.read(lengthOf(length)), 'ERR_FRAME');
    assert.match(error.message, `a packet of ${length} bytes, the limit is ${PACKET_BYTES}`);
  }
});

test('nothing is read behind a goodbye', () => {
  const { reader, packets, goodbyes } = newReader();
  reader.read(Buffer.concat([lengthOf(1), Buffer.from('a'), lengthOf(GOODBYE_LENGTH), lengthOf(1), Buffer.from('b')]));
  assert.is(goodbyes(), 1);
  assert.equal(packets, [Buffer.from('a')]);
});

test.run();
