import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { RolecallError } from '../errors.ts';
import type { Connection, ConnectionHandlers } from './transport.ts';

const NORMAL_CLOSURE = 1000;
const NO_STATUS = 1005;
const BINARY = { binary: true } as const;

/** A connection over an open WebSocket; each packet is one binary message. */
export class WsConnection implements Connection {
  readonly remote: string;
  readonly #socket: WebSocket;
  #state: 'open' | 'closing' | 'destroyed' | 'ended' = 'open';
  #reason: RolecallError | undefined;
  #handlers: ConnectionHandlers | undefined;
  /** What came before `open`. The socket is paused then, so this is no more than one read of it. */
  #early: Uint8Array[] = [];
  #unsent = 0;

  constructor(socket: WebSocket, remote: string) {
    this.#socket = socket;
    this.remote = remote;
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('error', (cause) => this.#cutOff(cause.message, cause)); // the peer's fault: it does not fire when the network fails
    socket.on('close', (code) => this.#end(code));
    socket.pause();
  }

  send(pieces: readonly Uint8Array[], sent?: () => void): void {
    const [first] = pieces;
    if (first === undefined || this.#state !== 'open') return;
    this.#unsent += 1;
    this.#socket.send(pieces.length === 1 ? first : Buffer.concat(pieces), BINARY, (error) => {
      this.#unsent -= 1;
      if (error) return;
      sent?.();
      this.#closeWhenSent();
    });
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    for (const packet of this.#early) this.#receive(packet, true);
    this.#early = [];
    if (this.#state === 'ended') handlers.closed(this.#reason);
    else this.#socket.resume();
  }

  keepAlive(on: boolean): void {
    const { _socket: socket } = this.#socket as unknown as { readonly _socket: Socket | null }; // `ws` offers no other way
    if (on) socket?.ref();
    else socket?.unref();
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closeWhenSent();
  }

  destroy(): void {
    if (this.#state === 'ended') return;
    this.#state = 'destroyed';
    this.#socket.terminate();
  }

  #closeWhenSent(): void {
    if (this.#state === 'closing' && this.#unsent === 0) this.#socket.close(NORMAL_CLOSURE);
  }

  #receive(data: Uint8Array, isBinary: boolean): void {
    if (this.#state === 'destroyed') return;
    if (!isBinary) return this.#cutOff('it sent text, expected bytes');
    if (this.#handlers === undefined) this.#early.push(data);
    else this.#handlers.packet(data);
  }

  #cutOff(why: string, cause?: unknown): void {
    this.#reason ??= new RolecallError('ERR_FRAME', `Cut off ${this.remote}: ${why}`, { cause });
    this.destroy();
  }

  #end(code: number): void {
    const inOrder = this.#state !== 'open' || code === NORMAL_CLOSURE || code === NO_STATUS;
    this.#state = 'ended';
    if (!inOrder) this.#reason ??= new RolecallError('ERR_CONNECTION_LOST', `Lost the connection to ${this.remote}`);
    this.#handlers?.closed(this.#reason);
  }
}
