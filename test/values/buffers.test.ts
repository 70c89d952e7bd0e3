import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EncodeOptions, ValueCodec } from '../../src/values/codec.ts';

const test = suite('binary data in values');
const codec = new ValueCodec();
const OPTIONS: EncodeOptions = { what: 'a value', code: 'ERR_UNSERIALISABLE_ARGUMENT' };
const roundTrip = <Value>(value: Value): Value => codec.decode(codec.encode(value, OPTIONS)) as Value;

/** Both ways of encoding must keep these promises. */
const WAYS: readonly (readonly [string, object])[] = [
  ['plain', {}],
  ['graph', { graph: Symbol.iterator }],
];

for (const [way, extra] of WAYS) {
  test(`${way}: every type of view stays what it is`, () => {
    const source = Uint8Array.from({ length: 64 }, (_, i) => i).buffer;
    const types: readonly (new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView)[] = [
      Int8Array,
      Uint8ClampedArray,
      Uint16Array,
      Int32Array,
      Float32Array,
      Float64Array,
      BigUint64Array,
      DataView,
    ];
    for (const View of types) {
      const view = new View(source, 16, 2);
      const back = roundTrip({ ...extra, view }).view;
      assert.is(back.constructor, View);
      assert.equal(back, view);
    }
    assert.ok(Buffer.isBuffer(roundTrip({ ...extra, b: Buffer.from('abc') }).b));
  });

  test(`${way}: a view carries only what it shows`, () => {
    const bytes = codec.encode({ ...extra, view: new Uint8Array(1e6).subarray(500, 510) }, OPTIONS);
    assert.ok(bytes.length < 1000, `${bytes.length} bytes`);
  });

  test(`${way}: views on one buffer keep sharing it, and it travels once`, () => {
    const shared = new ArrayBuffer(100_000);
    const value = { ...extra, floats: new Float64Array(shared, 8, 100), bytes: new Uint8Array(shared, 13, 400) };
    value.floats[1] = 1.5;
    const encoded = codec.encode(value, OPTIONS);
    assert.ok(encoded.length < 2000, `${encoded.length} bytes`);
    const back = codec.decode(encoded) as typeof value;
    assert.is(back.floats.buffer, back.bytes.buffer);
    assert.is(back.floats[1], 1.5);
    back.bytes.fill(0, 3, 11);
    assert.is(back.floats[1], 0);
  });

  test(`${way}: a buffer and a view on it keep sharing`, () => {
    const buffer = new ArrayBuffer(16);
    const back = roundTrip({ ...extra, buffer, view: new Uint8Array(buffer, 4) });
    assert.is(back.view.buffer, back.buffer);
    assert.is(back.view.byteOffset, 4);
  });

  test(`${way}: small Buffers of Node’s pool travel without their neighbours`, () => {
    const secret = Buffer.from('neighbour');
    const value = { ...extra, a: Buffer.from('first'), b: Buffer.from('second') };
    const encoded = Buffer.from(codec.encode(value, OPTIONS));
    assert.not.ok(encoded.includes(secret));
    assert.ok(encoded.length < 500, `${encoded.length} bytes`);
    assert.is((codec.decode(encoded) as typeof value).b.toString(), 'second');
  });

  test(`${way}: a SharedArrayBuffer arrives as one, with a copy`, () => {
    const shared = new SharedArrayBuffer(8);
    const view = new Int32Array(shared);
    view[0] = 5;
    const back = roundTrip({ ...extra, shared, view });
    assert.instance(back.shared, SharedArrayBuffer);
    assert.is(back.view.buffer, back.shared);
    view[0] = 6;
    assert.is(back.view[0], 5);
  });

  test(`${way}: an empty view`, () => {
    assert.is(roundTrip({ ...extra, view: new Float32Array(0) }).view.length, 0);
  });
}

test('memory comes from `allocate`, in the exact size', () => {
  const sizes: number[] = [];
  const allocate = (bytes: number): SharedArrayBuffer => {
    sizes.push(bytes);
    return new SharedArrayBuffer(bytes);
  };
  const bytes = codec.encode({ data: new Float64Array(1000) }, { ...OPTIONS, allocate });
  assert.equal(sizes, [bytes.length]);
  assert.instance(bytes.buffer, SharedArrayBuffer);
});

test('decodes from shared memory, into private memory', () => {
  const allocate = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  for (const value of [
    { a: [1, 'x'] },
    { data: new Float64Array([1, 2]) },
    { s: Symbol.iterator, data: Buffer.from('abc') },
    'ä',
    5,
  ]) {
    const bytes = codec.encode(value, { ...OPTIONS, allocate });
    const back = codec.decode(bytes) as { data?: Uint8Array };
    assert.equal(back, value);
    if (typeof value === 'object' && 'data' in value) assert.instance(back.data!.buffer, ArrayBuffer);
  }
});

test('each buffer begins at a multiple of 64', () => {
  const bytes = codec.encode([new Uint8Array([171, 171]), new Uint8Array([205, 205])], OPTIONS);
  assert.is(bytes.indexOf(171) % 64, 0);
  assert.is(bytes.lastIndexOf(205) % 64, 1);
});

test.run();
