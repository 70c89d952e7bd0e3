import { encodeFrame, type Message } from '../protocol/frame.ts';
import { bytesOf, type Packet, packetsOf } from '../protocol/parts.ts';
import type { Connection } from './transport.ts';

/** So much is handed to the connection at a time; the rest waits here, where it costs no copy. */
const WINDOW_BYTES = 4 * 2 ** 20;
/** Below this, `drained` lets go: half a window keeps the connection busy until more comes. */
const LOW_WATER_BYTES = WINDOW_BYTES / 2;
/** A turn that writes more is sent as several frames, so that small messages never add up to a frame over the limits. */
const FRAME_MESSAGES = 10_000;
const FRAME_BUFFER_BYTES = 2 ** 20;

/** One direction of a channel, from messages to the connection: a frame per turn, cut into packets, a window of them at a time. */
export class Outgoing {
  readonly #connection: Connection;
  readonly #defer: (flush: () => void) => void;
  #batch: Message[] = [];
  #batchBytes = 0;
  #packets: Packet[] = [];
  #waitingBytes = 0;
  #handedBytes = 0;
  #ending = false;
  #over = false;
  #drained: (() => void)[] = [];

  constructor(connection: Connection, defer: (flush: () => void) => void) {
    this.#connection = connection;
    this.#defer = defer;
  }

  /** Bytes that have not left this process's memory; of messages that wait for the end of the turn, only the buffers count. */
  get bytes(): number {
    return this.#batchBytes + this.#waitingBytes + this.#handedBytes;
  }

  send(message: Message): void {
    if (this.#ending || this.#over) return;
    const bytes = message.buffers === undefined ? 0 : bytesOf(message.buffers);
    if (bytes >= FRAME_BUFFER_BYTES && this.#batch.length > 0) this.flush(); // it has a frame of its own
    this.#batch.push(message);
    this.#batchBytes += bytes;
    if (this.#batch.length >= FRAME_MESSAGES || this.#batchBytes >= FRAME_BUFFER_BYTES) this.flush();
    else if (this.#batch.length === 1) this.#defer(() => this.flush());
  }

  /** Sends what the turn has written so far. True if all of it, and all before it, has been handed to the kernel. */
  flush(): boolean {
    const idle = this.#handedBytes === 0;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length > 0) this.#push(packetsOf(encodeFrame(batch)));
    return idle && this.#packets.length === 0;
  }

  /** Sends what there is to send, then closes the connection. */
  end(): void {
    this.flush();
    this.#ending = true;
    this.#pump();
  }

  /** Resolves once few bytes are left, or the connection has ended. */
  drained(): Promise<void> {
    if (this.bytes <= LOW_WATER_BYTES) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** The connection has ended: what is left goes nowhere. */
  drop(): void {
    this.#over = true;
    this.#batch = [];
    this.#packets = [];
    this.#batchBytes = 0;
    this.#waitingBytes = 0;
    this.#handedBytes = 0;
    this.#releaseDrained();
  }

  #push(packets: readonly Packet[]): void {
    for (const packet of packets) {
      this.#packets.push(packet);
      this.#waitingBytes += bytesOf(packet);
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#handedBytes < WINDOW_BYTES) {
      const packet = this.#packets.shift();
      if (packet === undefined) break;
      const bytes = bytesOf(packet);
      this.#waitingBytes -= bytes;
      this.#handedBytes += bytes;
      this.#connection.send(packet, () => this.#onSent(bytes));
    }
    if (this.#ending && this.#packets.length === 0) this.#connection.close();
  }

  #onSent(bytes: number): void {
    if (this.#over) return;
    this.#handedBytes -= bytes;
    this.#pump();
    if (this.bytes <= LOW_WATER_BYTES) this.#releaseDrained();
  }

  #releaseDrained(): void {
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }
}
