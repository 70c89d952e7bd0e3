import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  float64Buffer,
  float64FromBuffer,
  packedBuffers,
  packedFromBuffers,
} from '../../src/protocol/packed-buffers.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('packed buffers');

const three = { bytes: new Uint8Array([1, 2, 3, 4]), ends: Uint32Array.of(1, 1, 4) };

/** The same bytes, somewhere in a larger buffer, where numbers cannot be read in place. */
function misaligned(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.byteLength + 1);
  larger.set(bytes, 1);
  return larger.subarray(1);
}

test('packedFromBuffers reads what packedBuffers wrote, wherever it lies', () => {
  const [bytes, ends] = packedBuffers(three);
  assert.equal(packedFromBuffers(bytes, ends, 3), three);
  assert.equal(packedFromBuffers(misaligned(bytes), misaligned(ends)), three);
});

test('packedFromBuffers refuses what is missing, too many, too few, or not in order', () => {
  const [bytes, ends] = packedBuffers(three);
  thrown(() => packedFromBuffers(bytes, undefined), 'ERR_PROTOCOL');
  thrown(() => packedFromBuffers(undefined, ends), 'ERR_PROTOCOL');
  thrown(() => packedFromBuffers(bytes, ends.subarray(1)), 'ERR_PROTOCOL');
  thrown(() => packedFromBuffers(bytes, ends, 2), 'ERR_PROTOCOL');
  thrown(() => packedFromBuffers(bytes.subarray(1), ends), 'ERR_PROTOCOL');
  const [, mixed] = packedBuffers({ bytes, ends: Uint32Array.of(3, 1, 4) });
  thrown(() => packedFromBuffers(bytes, mixed), 'ERR_PROTOCOL');
});

test('float64FromBuffer reads what float64Buffer wrote, and refuses another number of them', () => {
  const sizes = Float64Array.of(1, 2.5, 2 ** 40);
  assert.equal(float64FromBuffer(misaligned(float64Buffer(sizes)), 3), sizes);
  thrown(() => float64FromBuffer(float64Buffer(sizes), 2), 'ERR_PROTOCOL');
  thrown(() => float64FromBuffer(undefined, 0), 'ERR_PROTOCOL');
});

test.run();
