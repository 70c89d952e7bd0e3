/** Small values ride back with the news that they are there: that costs less than to ask for them. */
import type { PackedValues } from '../../protocol/packed.ts';
import { referencedBytes, referenceIn } from '../../protocol/reference.ts';

/** The sizes of the values of a block; of a reference, of what it stands for. */
export function sizesOf(values: PackedValues): Float64Array {
  const reference = referenceIn(values);
  if (reference !== undefined) return Float64Array.of(referencedBytes(reference));
  const { ends } = values;
  const sizes = new Float64Array(ends.length);
  for (let i = 0; i < ends.length; i++) sizes[i] = (ends[i] as number) - (i === 0 ? 0 : (ends[i - 1] as number));
  return sizes;
}

/** The values of at most `most` bytes; a larger one becomes an empty one. Null if none is left. */
export function inlineValues(values: PackedValues, sizes: Float64Array, most: number): PackedValues | null {
  let total = 0;
  let small = 0;
  for (const size of sizes) {
    if (size > most) continue;
    total += size;
    small++;
  }
  if (small === 0) return null;
  if (small === sizes.length) return values;
  const bytes = new Uint8Array(total);
  const ends = new Uint32Array(sizes.length);
  let at = 0;
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] as number;
    const end = values.ends[i] as number;
    if (size <= most) {
      bytes.set(values.bytes.subarray(end - size, end), at);
      at += size;
    }
    ends[i] = at;
  }
  return { bytes, ends };
}
