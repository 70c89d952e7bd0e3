import type { Server, Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { RolecallError } from '../errors.ts';
import { isHandshakeFailure } from './security.ts';
import { placeOf, Strangers } from './strangers.ts';
import type { ListenOptions } from './transport.ts';

const HANDSHAKE_MS = 10_000;
const MOST_STRANGERS = 256;

/** Stands at the ports of one listener: bounds those who have not proved yet that they belong to the run, and turns away the others. */
export class Doorkeeper {
  readonly #strangers: Strangers;
  readonly #refused: (error: RolecallError) => void;

  constructor({ mostStrangers = MOST_STRANGERS, handshakeMs = HANDSHAKE_MS, refused = () => {} }: ListenOptions) {
    this.#strangers = new Strangers(mostStrangers, handshakeMs);
    this.#refused = refused;
  }

  /** Looks after a server from now on. */
  watch<S extends Server>(server: S): S {
    server.on('connection', (socket: Socket) => {
      const place = placeOf(socket);
      this.#strangers.enter(socket, (why) => this.#refused(turnedAway(place, why)));
    });
    (server as Server as TlsServer).on('tlsClientError', (cause: Error, socket: Socket) => {
      if (isHandshakeFailure(cause)) this.turnAway(socket, 'it does not have the key of this run', cause);
    });
    return server;
  }

  /** The caller behind this socket has proved that it belongs to the run. */
  admit(socket: Socket): void {
    this.#strangers.admit(socket);
  }

  turnAway(socket: Socket, why: string, cause?: unknown): void {
    this.#refused(turnedAway(placeOf(socket), why, cause));
    socket.destroy();
  }

  /** Cuts off all that have not been admitted. */
  close(): void {
    this.#strangers.destroy();
  }
}

function turnedAway(place: string, why: string, cause?: unknown): RolecallError {
  return new RolecallError('ERR_SECURITY', `Turned away ${place}: ${why}`, { cause });
}
