import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CarrierFrame, decodeFrame, encodeFrame } from '../../src/dragon/carrier-frame.ts';
import { Random } from '../support/random.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('frames of the socket that carries a Dragon connection');
const TOKEN = Buffer.alloc(16, 1).toString('base64');

test('each comes out as it went in', () => {
  const frames: CarrierFrame[] = [
    { kind: 'greeting', greeting: null },
    { kind: 'greeting', greeting: { connection: 3, token: TOKEN, channel: 'AAAA', bell: 'BBBB' } },
    { kind: 'data', sequence: 1, acknowledged: 0 },
    { kind: 'data', sequence: 2 ** 40, acknowledged: 2 ** 40 - 1 },
    { kind: 'ack', acknowledged: 7 },
    { kind: 'sockets', acknowledged: 0 },
  ];
  for (const frame of frames) assert.equal(decodeFrame(encodeFrame(frame)), frame);
});

test('rubbish is ERR_FRAME, whatever it is', () => {
  const random = new Random(5);
  const known = [1, 2, 3, 4].flatMap((kind) =>
    [0, 8, 16, 40].map((size) => Buffer.concat([Buffer.of(kind), random.bytes(size)])),
  );
  const wrong = [
    new Uint8Array(0),
    Buffer.of(0),
    Buffer.of(5, 0, 0, 0, 0, 0, 0, 0, 0),
    ...known,
    Buffer.from('\u0001{"connection":-1,"token":"","channel":"","bell":""}'),
    Buffer.from(`\u0001{"connection":0,"token":"${TOKEN}","channel":"${'A'.repeat(4096)}","bell":""}`),
    Buffer.from('\u0001[]'),
  ];
  for (const bytes of wrong) {
    if (bytes.byteLength !== 9 && bytes.byteLength !== 17) thrown(() => decodeFrame(bytes), 'ERR_FRAME');
    else assert.ok(isFrameOrRefused(bytes));
  }
});

/** Random numbers may be numbers of packets by chance. */
function isFrameOrRefused(bytes: Uint8Array): boolean {
  try {
    return decodeFrame(bytes).kind !== 'greeting';
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_FRAME';
  }
}

test('a number that no packet can have is refused', () => {
  for (const number of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
    thrown(() => decodeFrame(encodeFrame({ kind: 'ack', acknowledged: number })), 'ERR_FRAME');
    thrown(() => decodeFrame(encodeFrame({ kind: 'data', sequence: number, acknowledged: 0 })), 'ERR_FRAME');
  }
});

test.run();
