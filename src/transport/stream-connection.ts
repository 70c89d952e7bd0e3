import type { Socket } from 'node:net';
import { RolecallError } from '../errors.ts';
import { bytesOf } from '../protocol/parts.ts';
import { GOODBYE_LENGTH, LENGTH_BYTES, PacketReader } from './packet-reader.ts';
import type { Connection, ConnectionHandlers } from './transport.ts';

/** Pieces up to this total are copied into one write. */
const COPIED_BYTES = 16 * 1024;
/** How long the peer may take to end its side after a goodbye. */
const GOODBYE_MS = 2000;

/** A connection over a TCP or TLS socket, cut into packets by their lengths. */
export class StreamConnection implements Connection {
  readonly remote: string;
  readonly #socket: Socket;
  #state: 'open' | 'closing' | 'destroyed' | 'ended' = 'open';
  /** A side has said goodbye: the end of the socket is no loss. */
  #saidGoodbye = false;
  #reason: RolecallError | undefined;
  #handlers: ConnectionHandlers | undefined;
  readonly #reader = new PacketReader({
    packet: (bytes) => {
      if (this.#state !== 'destroyed') this.#handlers?.packet(bytes);
    },
    room: (bytes) => this.#handlers?.room?.(bytes),
    goodbye: () => this.#onGoodbye(),
  });

  constructor(socket: Socket, remote: string) {
    this.#socket = socket;
    this.remote = remote;
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => this.#end());
  }

  send(pieces: readonly Uint8Array[], sent?: () => void): void {
    if (this.#state !== 'open') return;
    const total = bytesOf(pieces);
    const done = (error?: Error | null): void => {
      if (!error) sent?.();
    };
    if (total <= COPIED_BYTES) return void this.#socket.write(inOnePiece(pieces, total), done);
    this.#socket.cork();
    this.#socket.write(lengthOf(total));
    const last = pieces.length - 1;
    pieces.forEach((piece, i) => {
      this.#socket.write(piece, i === last ? done : undefined);
    });
    this.#socket.uncork();
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#state === 'ended') return handlers.closed(this.#reason);
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('end', () => this.#socket.end());
  }

  keepAlive(on: boolean): void {
    if (on) this.#socket.ref();
    else this.#socket.unref();
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#sayGoodbye();
  }

  destroy(): void {
    if (this.#state === 'ended') return;
    this.#state = 'destroyed';
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#state === 'destroyed') return;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      const { code, message } = error as RolecallError;
      if (code !== 'ERR_FRAME') throw error;
      this.#reason ??= new RolecallError('ERR_FRAME', `Cut off ${this.remote}: ${message}`, { cause: error });
      this.destroy();
    }
  }

  #onGoodbye(): void {
    if (this.#state === 'destroyed') return;
    if (this.#state === 'open') this.#state = 'closing';
    if (!this.#saidGoodbye) this.#sayGoodbye();
    this.#leaveWhenSilent();
  }

  #sayGoodbye(): void {
    this.#saidGoodbye = true;
    this.#socket.end(lengthOf(GOODBYE_LENGTH), () => this.#leaveWhenSilent());
  }

  #leaveWhenSilent(): void {
    setTimeout(() => this.#socket.destroy(), GOODBYE_MS).unref();
  }

  #end(): void {
    const inOrder = this.#state !== 'open';
    this.#state = 'ended';
    if (!inOrder) this.#reason ??= new RolecallError('ERR_CONNECTION_LOST', `Lost the connection to ${this.remote}`);
    this.#handlers?.closed(this.#reason);
  }
}

function lengthOf(total: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES);
  bytes.writeUInt32LE(total);
  return bytes;
}

function inOnePiece(pieces: readonly Uint8Array[], total: number): Uint8Array {
  const packet = Buffer.allocUnsafe(LENGTH_BYTES + total);
  packet.writeUInt32LE(total);
  let at = LENGTH_BYTES;
  for (const piece of pieces) {
    packet.set(piece, at);
    at += piece.byteLength;
  }
  return packet;
}
