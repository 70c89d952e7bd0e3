/** Inputs that are nearly right: those that get furthest into a decoder. */
import type { Random } from '../support/random.ts';

const NUMBERS = [0, 1, 7, 8, 64, 127, 128, 255, 256, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 53,
  '',
  'x',
  'x'.repeat(2000),
  '__proto__',
  'constructor',
  'hello',
  [],
  [0, 1],
  [1, 0, 1],
  [[], [[]]],
  {},
  { type: 'x' },
  { length: 1e9 },
];
const KEYS = ['__proto__', 'constructor', 'prototype', 'type', 'length', 'toString', 'buffers'];

/** A few bytes changed, cut out, put in twice, or exchanged with those of another input. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let current = bytes;
  for (let left = 1 + random.below(4); left > 0; left--) current = mutateOnce(current, other, random);
  return current;
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.byteLength + 1);
  const to = at + random.below(Math.min(64, bytes.byteLength - at) + 1);
  switch (random.below(7)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(to));
    case 2:
      return joined(bytes.subarray(0, to), bytes.subarray(at));
    case 3:
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.byteLength + 1)).subarray(0, 200));
    case 4:
      return joined(bytes.subarray(0, at), random.bytes(random.below(12)), bytes.subarray(to));
    case 5:
      return withNumber(bytes, at, random);
    default: {
      const copy = bytes.slice();
      if (at < copy.byteLength)
        copy[at] = random.below(2) === 0 ? random.below(256) : (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
  }
}

/** Lengths and counts are where it hurts. */
function withNumber(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const copy = bytes.slice();
  if (at + 4 <= copy.byteLength) new DataView(copy.buffer).setUint32(at - (at % 4), random.pick(NUMBERS), true);
  return copy;
}

/** The same for plain data: a field is changed, left out or added somewhere. */
export function mutateJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.below(6) === 0) return random.pick(VALUES);
  if (Array.isArray(value)) return mutateArray(value, random);
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined) return fromEntries([...entries, [random.pick(KEYS), random.pick(VALUES)]]);
  if (random.below(6) === 0) return fromEntries(entries.toSpliced(at, 1));
  return fromEntries(entries.with(at, [entry[0], mutateJson(entry[1], random)]));
}

function mutateArray(list: readonly unknown[], random: Random): unknown[] {
  const at = random.below(list.length + 1);
  if (at === list.length) return [...list, random.pick(VALUES)];
  if (random.below(4) === 0) return list.toSpliced(at, 1);
  return list.with(at, mutateJson(list[at], random));
}

/** With `__proto__` as a key like any other. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): unknown {
  return JSON.parse(
    `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}`).join()}}`,
  );
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
