/** Messages over a pipe between a worker and a process of its own: `u32 bytes | structured clone`, little-endian. */
import { deserialize, serialize } from 'node:v8';

const HEAD_BYTES = 4;

/** A message in two pieces, to be written one after the other. */
export function encodePipeMessage(message: unknown): [Uint8Array, Uint8Array] {
  const body = serialize(message);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32LE(body.byteLength);
  return [head, body];
}

/** Puts messages together again from what a pipe delivers. */
export class PipeMessages<M> {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Of the message that is coming in. */
  #expected: number | undefined;

  *push(chunk: Buffer): Generator<M> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    for (;;) {
      if (this.#expected === undefined) {
        if (this.#bytes < HEAD_BYTES) return;
        this.#expected = this.#take(HEAD_BYTES).readUInt32LE();
      }
      if (this.#bytes < this.#expected) return;
      const body = this.#take(this.#expected);
      this.#expected = undefined;
      yield deserialize(body) as M;
    }
  }

  #take(count: number): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = all.byteLength > count ? [all.subarray(count)] : [];
    this.#bytes -= count;
    return all.subarray(0, count);
  }
}
