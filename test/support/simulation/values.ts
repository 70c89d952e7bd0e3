/** The values of a simulated cluster: numbers, and bytes that are long now and then. */
import { type PackedValues, packedValue } from '../../../src/protocol/packed.ts';

/** One number out of many, such that any difference in them makes another one. */
export function mix(numbers: readonly number[]): number {
  let mixed = numbers.length;
  for (const number of numbers) mixed = (Math.imul(mixed ^ number, 0x9e3779b1) + 0x7f4a7c15) >>> 0;
  return mixed;
}

export function textNumber(text: string): number {
  return mix([...text].map((char) => char.charCodeAt(0)));
}

/** Some values are too long to ride along with the news that they are there. */
export function encode(value: number): Uint8Array {
  const bytes = new Uint8Array(value % 5 === 0 ? 300 : 4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function decode(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

export function pack(values: readonly number[]): PackedValues {
  const encoded = values.map(encode);
  let end = 0;
  const ends = encoded.map((bytes) => {
    end += bytes.byteLength;
    return end;
  });
  return { bytes: Uint8Array.from(encoded.flatMap((bytes) => [...bytes])), ends: Uint32Array.from(ends) };
}

export function unpack(packed: PackedValues): number[] {
  return Array.from(packed.ends, (_, index) => decode(packedValue(packed, index)));
}
