/**
 * A connection whose packets go through Dragon as long as that works, and else over the socket that carries it. The socket proves who
 * the peer is, shows that it lives, and is the sure way: every packet has a number and is kept until the peer has acknowledged it, so
 * those that may have been lost with Dragon are sent again over the socket, and what comes twice is dropped. Whichever way packets
 * come, they are handed over in the order of their numbers.
 */
import { RolecallError } from '../errors.ts';
import { bytesOf } from '../protocol/parts.ts';
import type { Connection, ConnectionHandlers } from '../transport/transport.ts';
import { decodeFrame, encodeFrame, type Greeting } from './carrier-frame.ts';
import type { DragonPeer, DragonRuntime } from './runtime.ts';

interface Packet {
  readonly sequence: number;
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly sent: (() => void) | undefined;
}

/** So much may be on its way without having been acknowledged. */
const WINDOW_BYTES = 8 << 20;
const WINDOW_PACKETS = 512;
/** An acknowledgement goes with the next packet the other way; alone, when so much is due, or after this time. */
const ACK_BYTES = WINDOW_BYTES / 8;
const ACK_PACKETS = WINDOW_PACKETS / 8;
const ACK_MS = 2;
/** A peer that keeps to its window never gets so far ahead. */
const MOST_EARLY = 2 * WINDOW_PACKETS;

export class DragonConnection implements Connection {
  readonly remote: string;
  readonly #carrier: Connection;
  /** Undefined: packets go over the socket alone. */
  readonly #runtime: DragonRuntime | undefined;
  #handlers: ConnectionHandlers | undefined;
  #state: 'open' | 'closing' | 'destroyed' | 'ended' = 'open';
  #reason: RolecallError | undefined;

  /** Our number and token at the runtime, by which it knows packets for us. */
  #place: { readonly connection: number; readonly token: Uint8Array } | undefined;
  /** Where to send through Dragon; undefined: over the socket. */
  #peer: { readonly at: DragonPeer; readonly connection: number; readonly token: Uint8Array } | undefined;

  #nextSequence = 1;
  #waiting: Packet[] = [];
  /** Sent, and not acknowledged. */
  #unacknowledged: Packet[] = [];
  #unacknowledgedBytes = 0;

  /** The next one to hand over. */
  #expected = 1;
  readonly #early = new Map<number, Uint8Array>();
  /** Of the packet that comes next over the socket. */
  #payloadOf: number | undefined;
  #dueBytes = 0;
  #duePackets = 0;
  #ackTimer: NodeJS.Timeout | undefined;

  constructor(carrier: Connection, runtime: DragonRuntime | undefined) {
    this.#carrier = carrier;
    this.#runtime = runtime;
    this.remote = carrier.remote;
    carrier.send([encodeFrame({ kind: 'greeting', greeting: this.#greeting() })]);
    carrier.open({ packet: (bytes) => this.#onCarrier(bytes), closed: (reason) => this.#end(reason) });
  }

  /** Which way packets to the peer go now. */
  get path(): 'dragon' | 'socket' {
    return this.#peer === undefined ? 'socket' : 'dragon';
  }

  send(pieces: readonly Uint8Array[], sent?: () => void): void {
    if (pieces.length === 0 || this.#state !== 'open') return;
    this.#waiting.push({ sequence: this.#nextSequence++, pieces, bytes: bytesOf(pieces), sent });
    this.#pump();
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#handOver();
    if (this.#state === 'ended') handlers.closed(this.#reason);
  }

  keepAlive(on: boolean): void {
    this.#carrier.keepAlive(on);
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closeWhenSent();
  }

  destroy(): void {
    if (this.#state === 'ended') return;
    this.#state = 'destroyed';
    this.#carrier.destroy();
  }

  #greeting(): Greeting {
    const runtime = this.#runtime;
    if (runtime === undefined || runtime.failure !== undefined) return null;
    this.#place = runtime.expect({
      packet: (sequence, acknowledged, bytes) => {
        this.#onAck(acknowledged);
        this.#onData(sequence, bytes);
      },
      peerFailed: (error) => this.#fallBack(error.message),
      failed: (error) => this.#onRuntimeFailed(error.message),
    });
    const { connection, token } = this.#place;
    const { channel, bell } = runtime.inbox;
    return { connection, token: base64(token), channel: base64(channel), bell: base64(bell) };
  }

  #onCarrier(bytes: Uint8Array): void {
    if (this.#state === 'destroyed') return;
    const sequence = this.#payloadOf;
    this.#payloadOf = undefined;
    if (sequence !== undefined) return this.#onData(sequence, bytes);
    try {
      const frame = decodeFrame(bytes);
      if (frame.kind === 'greeting') return void this.#onGreeting(frame.greeting);
      this.#onAck(frame.acknowledged);
      if (frame.kind === 'data') this.#payloadOf = frame.sequence;
      if (frame.kind === 'sockets') this.#fallBack('the peer asks for it');
    } catch (error) {
      this.#cutOff((error as Error).message);
    }
  }

  async #onGreeting(greeting: Greeting): Promise<void> {
    const runtime = this.#runtime;
    if (greeting === null || runtime === undefined || this.#place === undefined || this.#peer !== undefined) return;
    const inbox = { channel: bytesIn(greeting.channel), bell: bytesIn(greeting.bell) };
    try {
      const at = await runtime.openPeer(inbox, {
        packet: () => {},
        peerFailed: (error) => this.#fallBack(error.message),
        failed: () => {},
      });
      const isUsed =
        (at.isLocal || runtime.carriesBetweenNodes) && this.#state !== 'ended' && this.#state !== 'destroyed';
      if (!isUsed) return runtime.closePeer(at);
      if (!at.isLocal) runtime.expectFromAfar(this.#place.connection, this.#place.token);
      this.#peer = { at, connection: greeting.connection, token: bytesIn(greeting.token) };
      this.#pump();
    } catch (error) {
      runtime.log(`packets to ${this.remote} go over the socket: ${(error as Error).message}`);
    }
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#hasRoom()) {
      const packet = this.#waiting.shift() as Packet;
      this.#unacknowledged.push(packet);
      this.#unacknowledgedBytes += packet.bytes;
      this.#sendNow(packet);
    }
  }

  #hasRoom(): boolean {
    return this.#unacknowledged.length < WINDOW_PACKETS && this.#unacknowledgedBytes < WINDOW_BYTES;
  }

  #sendNow({ sequence, pieces }: Packet): void {
    const acknowledged = this.#takeAck();
    if (this.#peer === undefined) {
      this.#carrier.send([encodeFrame({ kind: 'data', sequence, acknowledged })]);
      return this.#carrier.send(pieces);
    }
    const { at, connection, token } = this.#peer;
    this.#runtime?.addon.dragonSend(at.number, connection, token, sequence, acknowledged, pieces);
  }

  #onAck(acknowledged: number): void {
    const runtime = this.#runtime;
    if (acknowledged >= this.#nextSequence) return this.#cutOff('it acknowledged what was never sent');
    const done: Packet[] = [];
    while (this.#unacknowledged[0] !== undefined && this.#unacknowledged[0].sequence <= acknowledged) {
      const packet = this.#unacknowledged.shift() as Packet;
      this.#unacknowledgedBytes -= packet.bytes;
      done.push(packet);
    }
    if (done.length === 0) return;
    if (this.#peer !== undefined) runtime?.addon.dragonAcked(this.#peer.at.number, acknowledged);
    for (const { sent } of done) sent?.();
    this.#pump();
    this.#closeWhenSent();
  }

  #closeWhenSent(): void {
    if (this.#state !== 'closing' || this.#waiting.length > 0 || this.#unacknowledged.length > 0) return;
    this.#sendAck();
    this.#carrier.close();
  }

  #onData(sequence: number, bytes: Uint8Array): void {
    if (this.#state === 'destroyed' || this.#state === 'ended' || sequence < this.#expected) return;
    if (sequence > this.#expected + MOST_EARLY)
      return this.#cutOff(`its packet ${sequence} is far beyond ${this.#expected}`);
    this.#early.set(sequence, bytes);
    this.#handOver();
  }

  #handOver(): void {
    const handlers = this.#handlers;
    if (handlers === undefined) return;
    for (let next = this.#early.get(this.#expected); next !== undefined; next = this.#early.get(this.#expected)) {
      if (this.#state === 'destroyed') return;
      this.#early.delete(this.#expected);
      this.#expected += 1;
      this.#dueBytes += next.byteLength;
      this.#duePackets += 1;
      handlers.packet(next);
    }
    if (this.#duePackets === 0) return;
    if (this.#duePackets >= ACK_PACKETS || this.#dueBytes >= ACK_BYTES) this.#sendAck();
    else this.#ackTimer ??= setTimeout(() => this.#sendAck(), ACK_MS);
  }

  #sendAck(): void {
    if (this.#duePackets > 0) this.#carrier.send([encodeFrame({ kind: 'ack', acknowledged: this.#takeAck() })]);
  }

  /** The number to acknowledge: whoever takes it must send it. */
  #takeAck(): number {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#dueBytes = 0;
    this.#duePackets = 0;
    return this.#expected - 1;
  }

  /** What the peer has not acknowledged may be lost: from here on all goes over the socket. */
  #fallBack(why: string): void {
    const runtime = this.#runtime;
    if (this.#peer === undefined) return;
    const { at } = this.#peer;
    this.#peer = undefined;
    if (this.#state === 'ended' || this.#state === 'destroyed') return;
    runtime?.log(`packets to ${this.remote} go over the socket from now on: ${why}`);
    runtime?.closePeer(at, [...this.#unacknowledged]);
    for (const packet of this.#unacknowledged) this.#sendNow(packet);
  }

  #onRuntimeFailed(why: string): void {
    if (this.#state === 'ended' || this.#state === 'destroyed') return;
    this.#carrier.send([encodeFrame({ kind: 'sockets', acknowledged: this.#takeAck() })]);
    this.#fallBack(why);
  }

  #cutOff(why: string): void {
    this.#reason ??= new RolecallError('ERR_FRAME', `Cut off ${this.remote}: ${why}`);
    this.destroy();
  }

  #end(reason: RolecallError | undefined): void {
    const runtime = this.#runtime;
    this.#state = 'ended';
    this.#reason ??= reason;
    clearTimeout(this.#ackTimer);
    if (this.#place !== undefined) runtime?.forget(this.#place.connection);
    if (reason?.code === 'ERR_CONNECTION_LOST') runtime?.sweep();
    if (this.#peer !== undefined) runtime?.closePeer(this.#peer.at, this.#unacknowledged);
    this.#peer = undefined;
    this.#unacknowledged = [];
    this.#waiting = [];
    this.#handlers?.closed(this.#reason);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function bytesIn(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
