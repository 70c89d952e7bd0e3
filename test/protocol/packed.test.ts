import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PackedValues, packedValue, slicePacked } from '../../src/protocol/packed.ts';

const test = suite('PackedValues');
const packed: PackedValues = { bytes: Uint8Array.of(10, 20, 21, 30, 31, 32), ends: Uint32Array.of(1, 3, 3, 6) };

test('packedValue gives the bytes of one value, without copying', () => {
  assert.equal([...packedValue(packed, 0)], [10]);
  assert.equal([...packedValue(packed, 1)], [20, 21]);
  assert.equal([...packedValue(packed, 2)], []);
  assert.equal([...packedValue(packed, 3)], [30, 31, 32]);
  assert.is(packedValue(packed, 1).buffer, packed.bytes.buffer);
});

test('slicePacked gives a block of its own with re-based ends', () => {
  const slice = slicePacked(packed, 1, 3);
  assert.equal([...slice.ends], [2, 2, 5]);
  assert.equal([...packedValue(slice, 2)], [30, 31, 32]);
  assert.is(slice.bytes.buffer, packed.bytes.buffer);
  assert.equal([...slicePacked(slice, 2, 1).ends], [3]);
});

test('a slice of nothing is empty', () => {
  assert.equal([slicePacked(packed, 4, 0).ends.length, slicePacked(packed, 0, 0).bytes.length], [0, 0]);
});

test('a value that is not there is a RangeError', () => {
  assert.throws(() => packedValue(packed, 4), /no value 4 in a block of 4/);
  assert.throws(() => slicePacked(packed, 2, 3), RangeError);
});

test.run();
