import { Buffer } from 'node:buffer';
import { TAG } from './tags.ts';

/** Longest string that is written without the help of a serialiser. */
const LONGEST_TEXT = 4096;
/** Up to this length a loop in JavaScript is faster than a call into C++. */
const SHORT_TEXT = 24;

const { asciiSlice, utf8Slice, utf8Write } = Buffer.prototype as unknown as {
  readonly asciiSlice: (this: Uint8Array, start: number, end: number) => string;
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
  readonly utf8Write: (this: Uint8Array, text: string, start: number, length: number) => number;
};

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/** How many bytes `writePrimitive` may need for `value`; 0 if the value is not one of its primitives. */
export function primitiveRoom(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return 9;
    case 'string':
      return value.length <= LONGEST_TEXT ? 1 + value.length * 3 : 0;
    case 'undefined':
    case 'boolean':
      return 1;
    default:
      return value === null ? 1 : 0;
  }
}

/**
 * Writes a primitive at `at` and returns where it ends, or -1 if it must go another way (a string with half a
 * surrogate pair). `bytes` must have the room that `primitiveRoom` asks for.
 */
export function writePrimitive(bytes: Uint8Array, at: number, value: unknown): number {
  if (typeof value === 'number') return writeNumber(bytes, at, value);
  if (typeof value === 'string') return writeText(bytes, at, value);
  bytes[at] = value === undefined ? TAG.undefined : value === null ? TAG.null : value ? TAG.true : TAG.false;
  return at + 1;
}

/** Reads what `writePrimitive` wrote; `tag` is the first byte. The caller has checked that it is one of its tags. */
export function readPrimitive(bytes: Uint8Array, tag: number): unknown {
  switch (tag) {
    case TAG.undefined:
      return undefined;
    case TAG.null:
      return null;
    case TAG.true:
      return true;
    case TAG.false:
      return false;
    case TAG.int32:
      return bytes[1]! | (bytes[2]! << 8) | (bytes[3]! << 16) | (bytes[4]! << 24);
    case TAG.float64:
      return readFloat(bytes);
    case TAG.ascii:
      return bytes.length <= SHORT_TEXT ? readShortAscii(bytes) : asciiSlice.call(bytes, 1, bytes.length);
    default:
      return utf8Slice.call(bytes, 1, bytes.length);
  }
}

/** How long the encoding of a primitive must be; 0 if any length will do. */
export function primitiveLength(tag: number): number {
  if (tag === TAG.int32) return 5;
  if (tag === TAG.float64) return 9;
  return tag < TAG.int32 ? 1 : 0;
}

function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
    bytes[at] = TAG.int32;
    bytes[at + 1] = value;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value >> 16;
    bytes[at + 4] = value >> 24;
    return at + 5;
  }
  bytes[at] = TAG.float64;
  float[0] = value;
  for (let i = 0; i < 8; i++) bytes[at + 1 + i] = floatBytes[i]!;
  return at + 9;
}

function writeText(bytes: Uint8Array, at: number, text: string): number {
  if (text.length < SHORT_TEXT) {
    bytes[at] = TAG.ascii;
    let i = 0;
    for (; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) break;
      bytes[at + 1 + i] = unit;
    }
    if (i === text.length) return at + 1 + i;
  }
  if (!text.isWellFormed()) return -1;
  const written = utf8Write.call(bytes, text, at + 1, text.length * 3);
  bytes[at] = written === text.length ? TAG.ascii : TAG.utf8;
  return at + 1 + written;
}

function readFloat(bytes: Uint8Array): number {
  for (let i = 0; i < 8; i++) floatBytes[i] = bytes[1 + i]!;
  return float[0]!;
}

function readShortAscii(bytes: Uint8Array): string {
  let text = '';
  for (let i = 1; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
