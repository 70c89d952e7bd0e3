import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packedValue } from '../../src/protocol/packed.ts';
import { type EncodeOptions, ValueCodec } from '../../src/values/codec.ts';
import { ValuePacker } from '../../src/values/pack.ts';

const test = suite('ValuePacker');
const codec = new ValueCodec();
const OPTIONS: EncodeOptions = { what: 'a value', code: 'ERR_UNSERIALISABLE_ARGUMENT' };

test('packs values of all sizes one behind the other', () => {
  const values = [1, 'a', undefined, { a: [1] }, new Float64Array(300), 'x'.repeat(3000), -0, null, () => 4, '\ud800'];
  const packer = new ValuePacker(codec, 16);
  for (const value of values) packer.add(value, OPTIONS);
  assert.is(packer.count, values.length);
  const packed = packer.finish();
  assert.is(packed.bytes.length, packed.ends.at(-1));
  values.forEach((value, i) => {
    const back = codec.decode(packedValue(packed, i));
    if (typeof value === 'function') assert.is((back as () => number)(), 4);
    else assert.equal(back, value);
  });
});

test('is empty after finish, and what it gave away stays', () => {
  const packer = new ValuePacker(codec);
  packer.add('first', OPTIONS);
  const first = packer.finish();
  packer.add('second', OPTIONS);
  assert.is(codec.decode(packedValue(first, 0)), 'first');
  assert.is(codec.decode(packedValue(packer.finish(), 0)), 'second');
  assert.equal([packer.count, packer.byteLength], [0, 0]);
});

test('a value that cannot be sent leaves the block as it was', () => {
  const packer = new ValuePacker(codec);
  packer.add(1, OPTIONS);
  assert.throws(() => packer.add(Promise.resolve(), OPTIONS), /is a Promise/);
  packer.add(2, OPTIONS);
  const packed = packer.finish();
  assert.equal(
    [0, 1].map((i) => codec.decode(packedValue(packed, i))),
    [1, 2],
  );
});

test('takes values that are encoded already', () => {
  const packer = new ValuePacker(codec, 1);
  packer.addEncoded(codec.encode({ a: 1 }, OPTIONS));
  assert.equal(codec.decode(packedValue(packer.finish(), 0)), { a: 1 });
});

test.run();
