/**
 * What stands for a large value on its own machine: instead of its bytes, where they lie. It travels as an encoded value with
 * a tag of its own, always alone in its block.
 *
 *     tag, 7 bytes of nothing, f64 bytes of the value, JSON of where it is          (little endian)
 */
import type { PackedValues } from './packed.ts';

/** The first byte of a reference; no other value begins with it. */
export const REFERENCE_TAG = 11;

const HEAD_BYTES = 16;

/** @param place plain data that says where the bytes lie. */
export function encodeReference(bytes: number, place: unknown): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(place));
  const reference = new Uint8Array(HEAD_BYTES + json.byteLength);
  reference[0] = REFERENCE_TAG;
  new DataView(reference.buffer).setFloat64(8, bytes, true);
  reference.set(json, HEAD_BYTES);
  return reference;
}

export function isReference(value: Uint8Array): boolean {
  return value[0] === REFERENCE_TAG && value.byteLength > HEAD_BYTES;
}

/** The one value of a block, if it is a reference. */
export function referenceIn({ bytes, ends }: PackedValues): Uint8Array | undefined {
  return ends.length === 1 && isReference(bytes) ? bytes : undefined;
}

/** How many bytes the value has that a reference stands for. */
export function referencedBytes(reference: Uint8Array): number {
  return new DataView(reference.buffer, reference.byteOffset, HEAD_BYTES).getFloat64(8, true);
}

/** Where the value lies, unchecked. @throws SyntaxError if it does not say. */
export function placeIn(reference: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(reference.subarray(HEAD_BYTES)));
}
