import type { PackedValues } from '../protocol/packed.ts';
import type { EncodeOptions, ValueCodec } from './codec.ts';
import { primitiveRoom, writePrimitive } from './primitive.ts';

/** Writes many values one after the other into one buffer. A primitive costs no allocation. */
export class ValuePacker {
  readonly #codec: ValueCodec;
  #bytes: Uint8Array;
  #ends: Uint32Array;
  #count = 0;
  #end = 0;

  constructor(codec: ValueCodec, initialBytes = 1024) {
    this.#codec = codec;
    this.#bytes = new Uint8Array(initialBytes);
    this.#ends = new Uint32Array(Math.max(16, initialBytes >> 4));
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#end;
  }

  /** Encodes a value behind the others. @throws as `ValueCodec.encode` does; the block is then as it was before. */
  add(value: unknown, options: EncodeOptions): void {
    const room = primitiveRoom(value);
    if (room > 0) {
      if (this.#end + room > this.#bytes.length) this.#grow(room);
      const end = writePrimitive(this.#bytes, this.#end, value);
      if (end > 0) return this.#close(end);
    }
    this.addEncoded(this.#codec.encodeObject(value, options));
  }

  /** Adds a value that is encoded already. */
  addEncoded(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#close(this.#end + bytes.length);
  }

  /** The block so far, copied to its exact size. The packer is empty afterwards and can be used again. */
  finish(): PackedValues {
    const packed = { bytes: this.#bytes.slice(0, this.#end), ends: this.#ends.slice(0, this.#count) };
    this.#count = 0;
    this.#end = 0;
    return packed;
  }

  #close(end: number): void {
    if (this.#count === this.#ends.length) {
      const ends = new Uint32Array(this.#ends.length * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#ends[this.#count++] = end;
    this.#end = end;
  }

  #grow(room: number): void {
    const needed = this.#end + room;
    if (needed >= 2 ** 32) throw new RangeError('a block of values may have 4 GiB at most');
    const bytes = new Uint8Array(Math.max(needed, Math.min(2 ** 32 - 1, this.#bytes.length * 2)));
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
  }
}
