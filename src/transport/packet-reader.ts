/**
 * Cuts a stream of bytes into packets: each is its length and then its bytes. A length that no packet has is the goodbye.
 *
 *     u32 bytes of the packet | packet          (numbers little-endian)
 */
import { RolecallError } from '../errors.ts';
import { PACKET_BYTES } from '../protocol/parts.ts';

/** In the place of a length: the sender will send nothing more. */
export const GOODBYE_LENGTH = 0xffff_ffff;
export const LENGTH_BYTES = 4;

export interface PacketSink {
  packet(bytes: Uint8Array): void;
  /** Memory of exactly so many bytes for the next packet, if it matters where that is. */
  room?(bytes: number): Uint8Array | undefined;
  /** The sender said goodbye. Nothing follows. */
  goodbye(): void;
}

export class PacketReader {
  readonly #sink: PacketSink;
  /** The first bytes of a length that came in two reads. */
  #head: Uint8Array = new Uint8Array();
  /** A packet that came in several reads, and how much of it is here. */
  #partial: { readonly bytes: Uint8Array; arrived: number } | undefined;

  constructor(sink: PacketSink) {
    this.#sink = sink;
  }

  /**
   * Takes what was read. A packet that lies in it whole is handed on as a view of it; one that does not has memory of its own.
   *
   * @throws {RolecallError} `ERR_FRAME` if a packet is announced that is over the limit.
   */
  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      at = this.#partial === undefined ? this.#begin(chunk, at) : this.#append(this.#partial, chunk, at);
    }
  }

  #begin(chunk: Uint8Array, at: number): number {
    const missing = LENGTH_BYTES - this.#head.byteLength;
    const start = at + missing;
    if (this.#head.byteLength > 0 || start > chunk.byteLength) {
      this.#head = joined(this.#head, chunk.subarray(at, start));
      if (this.#head.byteLength < LENGTH_BYTES) return chunk.byteLength;
      const length = lengthAt(this.#head, 0);
      this.#head = new Uint8Array();
      return this.#body(length, chunk, start);
    }
    return this.#body(lengthAt(chunk, at), chunk, start);
  }

  #body(length: number, chunk: Uint8Array, start: number): number {
    if (length === GOODBYE_LENGTH) {
      this.#sink.goodbye();
      return chunk.byteLength;
    }
    if (length > PACKET_BYTES) {
      throw new RolecallError('ERR_FRAME', `it announces a packet of ${length} bytes, the limit is ${PACKET_BYTES}`);
    }
    const end = start + length;
    if (end <= chunk.byteLength) {
      this.#sink.packet(chunk.subarray(start, end));
      return end;
    }
    this.#partial = { bytes: this.#sink.room?.(length) ?? new Uint8Array(length), arrived: 0 };
    return start;
  }

  #append(partial: { readonly bytes: Uint8Array; arrived: number }, chunk: Uint8Array, at: number): number {
    const piece = chunk.subarray(at, at + partial.bytes.byteLength - partial.arrived);
    partial.bytes.set(piece, partial.arrived);
    partial.arrived += piece.byteLength;
    if (partial.arrived === partial.bytes.byteLength) {
      this.#partial = undefined;
      this.#sink.packet(partial.bytes);
    }
    return at + piece.byteLength;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, LENGTH_BYTES).getUint32(0, true);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.byteLength + other.byteLength);
  both.set(one);
  both.set(other, one.byteLength);
  return both;
}
