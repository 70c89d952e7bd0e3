/** The end of an output that may be of any length. */
export class OutputTail {
  readonly #mostBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #dropped = false;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get isTruncated(): boolean {
    return this.#dropped || this.#bytes > this.#mostBytes;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#bytes - first.byteLength < this.#mostBytes) return;
      this.#chunks.shift();
      this.#bytes -= first.byteLength;
      this.#dropped ||= first.byteLength > 0;
    }
  }

  text(): string {
    const all = Buffer.concat(this.#chunks);
    const start = Math.max(0, all.byteLength - this.#mostBytes);
    return all.toString('utf8', start > 0 ? startOfCharacter(all, start) : 0);
  }
}

/** Skips what is left of a character that was cut in two. */
function startOfCharacter(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.byteLength && ((bytes[at] as number) & 0xc0) === 0x80) at++;
  return at;
}
