/**
 * Many encoded values in one byte string. The scheduler cuts such blocks up and passes them on without
 * ever decoding a value.
 */
export interface PackedValues {
  readonly bytes: Uint8Array;
  /** Where each value ends: value `i` is `bytes[ends[i - 1] ?? 0 .. ends[i]]`. */
  readonly ends: Uint32Array;
}

/** The bytes of one value of a block, as a view: nothing is copied. @throws RangeError if there is no such value. */
export function packedValue(packed: PackedValues, index: number): Uint8Array {
  return packed.bytes.subarray(startOf(packed, index), endOf(packed, index));
}

/** `count` values of a block from `start` on, as a block of its own. The bytes are shared, the ends are re-based. */
export function slicePacked(packed: PackedValues, start: number, count: number): PackedValues {
  if (count === 0) return { bytes: packed.bytes.subarray(0, 0), ends: new Uint32Array(0) };
  const from = startOf(packed, start);
  const ends = packed.ends.slice(start, start + count);
  const to = endOf(packed, start + count - 1);
  if (from > 0) for (let i = 0; i < ends.length; i++) ends[i] = ends[i]! - from;
  return { bytes: packed.bytes.subarray(from, to), ends };
}

function startOf(packed: PackedValues, index: number): number {
  return index === 0 ? 0 : endOf(packed, index - 1);
}

function endOf(packed: PackedValues, index: number): number {
  const end = packed.ends[index];
  if (end === undefined) throw new RangeError(`no value ${index} in a block of ${packed.ends.length}`);
  return end;
}
