/** Packed values as two buffers of a message, and back. What a peer sends is checked before anything relies on it. */
import { RolecallError } from '../errors.ts';
import type { PackedValues } from './packed.ts';

export function packedBuffers(values: PackedValues): [Uint8Array, Uint8Array] {
  const { bytes, ends } = values;
  return [bytes, new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength)];
}

/**
 * @throws {RolecallError} `ERR_PROTOCOL` if the ends do not ascend to the length of the bytes, or are not `count` many.
 */
export function packedFromBuffers(
  bytes: Uint8Array | undefined,
  ends: Uint8Array | undefined,
  count?: number,
): PackedValues {
  if (bytes === undefined || ends === undefined || ends.byteLength % 4 !== 0)
    throw malformed('its buffers are not values');
  const aligned = ends.byteOffset % 4 === 0 ? ends : ends.slice();
  const list = new Uint32Array(aligned.buffer, aligned.byteOffset, ends.byteLength / 4);
  if (count !== undefined && list.length !== count) throw malformed(`it has ${list.length} values, not ${count}`);
  let last = 0;
  for (const end of list) {
    if (end < last) throw malformed('its values overlap');
    last = end;
  }
  if (last !== bytes.byteLength) throw malformed(`its values end at byte ${last} of ${bytes.byteLength}`);
  return { bytes, ends: list };
}

export function float64Buffer(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Sizes of values. @throws {RolecallError} `ERR_PROTOCOL` if they are not `count` many, or one is no size. */
export function float64FromBuffer(buffer: Uint8Array | undefined, count: number): Float64Array {
  if (buffer?.byteLength !== count * 8) throw malformed(`it does not have ${count} sizes`);
  const aligned = buffer.byteOffset % 8 === 0 ? buffer : buffer.slice();
  const sizes = new Float64Array(aligned.buffer, aligned.byteOffset, count);
  for (const size of sizes) if (!(size >= 0 && size <= Number.MAX_SAFE_INTEGER)) throw malformed(`${size} is no size`);
  return sizes;
}

function malformed(why: string): RolecallError {
  return new RolecallError('ERR_PROTOCOL', `Cannot read the values of a message: ${why}`);
}
