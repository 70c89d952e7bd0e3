/**
 * Numbers and texts in a growing byte string, and out of it again. The same values always give the same bytes:
 * the hash of a function depends on it.
 */
import { Buffer } from 'node:buffer';

/** Writes; grows as needed. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(512);
  #end = 0;

  get length(): number {
    return this.#end;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = value;
  }

  /** A whole number from 0 to 2^53, seven bits a byte. */
  count(value: number): void {
    this.#reserve(8);
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#end++] = (rest % 128) + 128;
    this.#bytes[this.#end++] = rest;
  }

  float(value: number): void {
    this.#reserve(8);
    this.#end = this.#bytes.writeDoubleLE(value, this.#end);
  }

  /** UTF-8, or UTF-16 where half a surrogate pair would get lost. */
  text(value: string): void {
    const encoding = value.isWellFormed() ? 'utf8' : 'utf16le';
    const length = Buffer.byteLength(value, encoding);
    this.count(length * 2 + (encoding === 'utf8' ? 0 : 1));
    this.#reserve(length);
    this.#end += this.#bytes.write(value, this.#end, encoding);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Forgets everything behind `end`. */
  truncate(end: number): void {
    this.#end = end;
  }

  /** What is written so far; valid until more is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  #reserve(room: number): void {
    if (this.#end + room <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.#end + room, this.#bytes.length * 2));
    bytes.set(this.view());
    this.#bytes = bytes;
  }
}

/** Reads what a `ByteWriter` wrote. @throws RangeError beyond the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new RangeError('a graph that ends too early');
    return this.#bytes[this.#at++]!;
  }

  count(): number {
    let value = 0;
    for (let unit = 1; unit < 2 ** 53; unit *= 128) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
    throw new RangeError('a number that does not end');
  }

  /** The number of things that follow, each of at least one byte: more than there are bytes left is a lie. */
  size(): number {
    const value = this.count();
    if (value > this.remaining) throw new RangeError(`${value} elements in ${this.remaining} bytes`);
    return value;
  }

  float(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  text(): string {
    const length = this.count();
    const end = this.#at + Math.floor(length / 2);
    if (end > this.#bytes.length) throw new RangeError('a text that ends too late');
    const text = this.#bytes.toString(length % 2 === 0 ? 'utf8' : 'utf16le', this.#at, end);
    this.#at = end;
    return text;
  }
}
