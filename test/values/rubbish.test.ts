import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RolecallError } from '../../src/errors.ts';
import { type EncodeOptions, ValueCodec } from '../../src/values/codec.ts';
import { TAG } from '../../src/values/tags.ts';
import { RandomValues, seeded } from './support/random-values.ts';

const test = suite('decoding bytes that nobody encoded');
const codec = new ValueCodec();
const OPTIONS: EncodeOptions = { what: 'a value', code: 'ERR_UNSERIALISABLE_ARGUMENT' };

/** Either some value comes out, or an ERR_FRAME (ERR_IMPORT for a graph that names modules): nothing else. */
function decodeOrRefuse(bytes: Uint8Array): void {
  try {
    codec.decode(bytes);
  } catch (error) {
    assert.instance(error, RolecallError, String(error));
    assert.match((error as RolecallError).code, /^ERR_(FRAME|IMPORT)$/);
  }
}

test('no bytes, and unknown tags', () => {
  assert.throws(() => codec.decode(new Uint8Array(0)), /cannot decode a value from these bytes: there are none/);
  for (let tag = TAG.graph + 1; tag < 256; tag++) {
    assert.throws(
      () => codec.decode(Uint8Array.of(tag, 1, 2)),
      (error: RolecallError) => error.code === 'ERR_FRAME',
    );
  }
});

test('a node that must be there before it can be made', () => {
  const error = Object.setPrototypeOf(new Error('x'), null); // its name is read when it is made
  Object.defineProperty(error, 'name', { value: 'myself' });
  const bytes = Buffer.from(codec.encode([error], OPTIONS));
  const name = Buffer.from('\x06\x0cmyself'); // a text
  const at = bytes.indexOf(name);
  assert.ok(at > 0);
  const itself = Buffer.from('\x08\x01'); // a reference to node 1
  const head = bytes.readUInt32LE(4) + itself.length - name.length;
  const changed = Buffer.concat([bytes.subarray(0, at), itself, bytes.subarray(at + name.length)]);
  changed.writeUInt32LE(head, 4);
  assert.throws(
    () => codec.decode(new Uint8Array(changed)),
    ({ code, cause }: RolecallError) => code === 'ERR_FRAME' && /before themselves/.test((cause as Error).message),
  );
});

test('primitives of the wrong length', () => {
  for (const tag of [TAG.undefined, TAG.true, TAG.int32, TAG.float64]) {
    assert.throws(
      () => codec.decode(Uint8Array.of(tag, 1)),
      (error: RolecallError) => error.code === 'ERR_FRAME',
    );
  }
});

test('random bytes behind every tag', () => {
  const random = seeded(7);
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 80) }, () => random() * 256);
    bytes[0] = Math.floor(random() * 11);
    decodeOrRefuse(bytes);
  }
});

test('plain values with some bytes changed', () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const values = new RandomValues(seed);
    decodeOrRefuse(damaged(codec.encode(values.value(4), OPTIONS), values.random));
  }
});

test('graphs with some bytes changed', () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const values = new RandomValues(seed);
    const bytes = codec.encode([values.value(3), Symbol.iterator, new Error('x')], OPTIONS);
    decodeOrRefuse(damaged(bytes, values.random));
  }
});

test('values that were cut off', () => {
  const bytes = codec.encode([new Error('x'), new Float64Array(9), 'text'], OPTIONS);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(
      () => codec.decode(bytes.subarray(0, length)),
      (error: RolecallError) => error.code === 'ERR_FRAME',
    );
  }
});

test('a length field that promises gigabytes allocates nothing', () => {
  const before = process.memoryUsage();
  const frame = new Uint8Array(64);
  frame[0] = TAG.graph;
  for (const word of [4, 8, 12]) {
    const bytes = frame.slice();
    new DataView(bytes.buffer).setUint32(word, 0xffff_fff0, true);
    assert.throws(
      () => codec.decode(bytes),
      (error: RolecallError) => error.code === 'ERR_FRAME',
    );
  }
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers - before.arrayBuffers < 1e6 && after.heapTotal - before.heapTotal < 50e6);
});

test('`prepare` refuses rubbish too', () => {
  const bytes = new Uint8Array(40).fill(255);
  bytes[0] = TAG.graph;
  assert.throws(
    () => codec.prepare(bytes),
    (error: RolecallError) => error.code === 'ERR_FRAME',
  );
  assert.is(codec.prepare(Uint8Array.of(TAG.plain)), undefined);
});

function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < 3; i++) copy[Math.floor(random() * copy.length)] = random() * 256;
  return copy;
}

test.run();
