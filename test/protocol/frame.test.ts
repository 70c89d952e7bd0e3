import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasCode } from '../../src/errors.ts';
import { decodeFrame, encodeFrame, FRAME_LIMITS, type Message } from '../../src/protocol/frame.ts';
import { fuzzRounds, Random } from '../support/random.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('frame');

interface Note extends Message {
  readonly text?: string;
  readonly n?: number;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

function roundTrip(messages: readonly Message[]): Message[] {
  return decodeFrame(joined(encodeFrame(messages)));
}

/** A frame with this head, whatever it says, and these bytes after it. */
function frameOf(head: unknown, after: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = Buffer.from(typeof head === 'string' ? head : JSON.stringify(head));
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(1, 0);
  prefix.writeUInt32LE(json.byteLength, 4);
  return joined([prefix, json, after]);
}

function refused(bytes: Uint8Array, pattern: RegExp): void {
  assert.match(thrown(() => decodeFrame(bytes), 'ERR_FRAME').message, pattern);
}

function randomMessage(random: Random): Note {
  const fields = {
    type: random.pick(['a', 'note', 'ünïcode 🎺']),
    n: random.next(),
    text: 'x'.repeat(random.below(50)),
  };
  if (random.below(2) === 0) return fields;
  const size = () => random.below(random.pick([1, 10, 5000, 20_000]));
  return { ...fields, buffers: Array.from({ length: random.below(4) }, () => random.bytes(size())) };
}

test('encodeFrame and decodeFrame keep messages, order and buffers', () => {
  for (let seed = 1; seed <= fuzzRounds(200); seed++) {
    const random = new Random(seed);
    const messages = Array.from({ length: random.below(6) }, () => randomMessage(random));
    assert.equal(roundTrip(messages), messages, `seed ${seed}`);
  }
});

test('encodeFrame does not copy buffers', () => {
  const buffer = new Uint8Array(10_000);
  assert.ok(encodeFrame([{ type: 'a', buffers: [buffer] }]).includes(buffer));
});

test('decodeFrame gives views of the frame, and buffers over 4 KiB start at multiples of 64 bytes', () => {
  const frame = joined(
    encodeFrame([{ type: 'a', buffers: [new Uint8Array(3), new Uint8Array(4097), new Uint8Array(8192)] }]),
  );
  const [message] = decodeFrame(frame);
  for (const buffer of message?.buffers ?? []) {
    assert.is(buffer.buffer, frame.buffer);
    if (buffer.byteLength > 4096) assert.is(buffer.byteOffset % 64, 0);
  }
});

test('decodeFrame keeps a message without buffers apart from one with an empty list of them', () => {
  assert.equal(roundTrip([{ type: 'a' }, { type: 'b', buffers: [] }]), [{ type: 'a' }, { type: 'b', buffers: [] }]);
});

test('decodeFrame leaves prototypes alone', () => {
  const [message] = decodeFrame(frameOf('{"messages":[{"type":"a","__proto__":{"evil":1}}],"buffers":[]}'));
  assert.is((message as { evil?: unknown }).evil, undefined);
  assert.is(Object.getPrototypeOf(message), Object.prototype);
});

test('decodeFrame refuses what is shorter than its head says', () => {
  refused(new Uint8Array(7), /7 bytes/);
  const frame = joined(encodeFrame([{ type: 'a', buffers: [new Uint8Array(10)] }]));
  for (let length = 0; length < frame.byteLength; length++) {
    thrown(() => decodeFrame(frame.subarray(0, length)), 'ERR_FRAME');
  }
});

test('decodeFrame refuses what is longer than its contents', () => {
  refused(frameOf({ messages: [], buffers: [] }, new Uint8Array(1)), /contents end/);
});

test('decodeFrame refuses another kind', () => {
  refused(joined([new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0])]), /kind is 9/);
});

test('decodeFrame refuses a head that is not JSON, or not UTF-8', () => {
  refused(frameOf('{"messages":'), /not JSON/);
  refused(joined([new Uint8Array([1, 0, 0, 0, 1, 0, 0, 0, 0xff])]), /not JSON/);
  refused(frameOf('['.repeat(100_000)), /not JSON/);
});

test('decodeFrame refuses a head of another shape', () => {
  for (const head of [null, 1, [], {}, { messages: 1, buffers: [] }]) refused(frameOf(head), /no list of messages/);
  refused(frameOf({ messages: [] }), /no list of buffers/);
});

test('decodeFrame refuses messages that are no objects, have no type, or bring buffers in their JSON', () => {
  for (const message of [1, null, 'a', true]) refused(frameOf({ messages: [message], buffers: [] }), /not an object/);
  for (const message of [{}, [], { type: 1 }]) refused(frameOf({ messages: [message], buffers: [] }), /no type/);
  refused(frameOf({ messages: [{ type: 'a', buffers: [] }], buffers: [] }), /inside its JSON/);
});

test('decodeFrame refuses lists of buffers that make no sense', () => {
  const messages = [{ type: 'a' }];
  for (const list of [1, [0, -1], [0, 0.5], [0, '1'], [0, 2 ** 60]]) {
    refused(frameOf({ messages, buffers: [list] }), /whole numbers/);
  }
  for (const buffers of [[[1, 0]], [[]], [[0], [0]]]) refused(frameOf({ messages, buffers }), /no message/);
  refused(frameOf({ messages, buffers: [[0, 1]] }), /ends before its buffers/);
  refused(frameOf({ messages, buffers: [[0, 2 ** 52, 2 ** 52]] }), /ends before its buffers/);
});

test('decodeFrame refuses more messages, buffers or JSON than the limits', () => {
  const frame = joined(encodeFrame([{ type: 'a', buffers: [new Uint8Array(0), new Uint8Array(0)] }, { type: 'b' }]));
  const limited = (limits: object) => () => decodeFrame(frame, { ...FRAME_LIMITS, ...limits });
  assert.match(thrown(limited({ messages: 1 }), 'ERR_FRAME').message, /2 messages, the limit is 1/);
  assert.match(thrown(limited({ buffers: 1 }), 'ERR_FRAME').message, /more than 1 buffers/);
  assert.match(thrown(limited({ jsonBytes: 10 }), 'ERR_FRAME').message, /bytes of JSON, the limit is 10/);
  assert.is(limited({ messages: 2, buffers: 2, jsonBytes: 100 })().length, 2);
});

test('decodeFrame survives a fuzz: it returns messages or throws ERR_FRAME', () => {
  for (let seed = 1; seed <= fuzzRounds(3000); seed++) {
    const random = new Random(seed);
    const frame = joined(encodeFrame([randomMessage(random), randomMessage(random)]));
    for (let i = 1 + random.below(3); i > 0; i--)
      frame[random.below(Math.min(frame.byteLength, 200))] = random.below(256);
    try {
      for (const message of decodeFrame(frame)) assert.type(message.type, 'string');
    } catch (error) {
      assert.ok(hasCode(error, 'ERR_FRAME'), `seed ${seed}: ${error}`);
    }
  }
});

test.run();
