import type { Socket } from 'node:net';

/**
 * Bounds what callers can hold of a listener before they have proved that they belong to the run: how many there are at a time, and
 * for how long. When there are too many, the one that has taken longest is cut off: who has the key needs milliseconds, and so gets in
 * while others hold connections open for nothing.
 */
interface Stranger {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  readonly turnAway: (why: string) => void;
}

export class Strangers {
  readonly #most: number;
  readonly #deadlineMs: number;
  /** Sockets by where they come from, since TLS wraps each in another object. */
  readonly #sockets = new Map<string, Stranger>();

  constructor(most: number, deadlineMs: number) {
    this.#most = most;
    this.#deadlineMs = deadlineMs;
  }

  /** Takes in a new caller until `admit`, or until `cutOff` was called with why it was turned away. */
  enter(socket: Socket, cutOff: (why: string) => void): void {
    const key = placeOf(socket);
    const turnAway = (why: string) => {
      this.#forget(key);
      socket.destroy();
      cutOff(why);
    };
    const [longest] = this.#sockets.values();
    if (this.#sockets.size >= this.#most) longest?.turnAway(`${this.#most} others came before it proved it`);
    const tooLate = () => turnAway(`it did not prove it within ${this.#deadlineMs} ms`);
    this.#sockets.set(key, { socket, timer: setTimeout(tooLate, this.#deadlineMs), turnAway });
    socket.once('close', () => {
      if (this.#sockets.get(key)?.socket === socket) this.#forget(key);
    });
  }

  /** The caller behind this socket, or the TLS socket around it, is none of ours to bound any more. */
  admit(socket: Socket): void {
    this.#forget(placeOf(socket));
  }

  /** Cuts off all that have not been admitted. */
  destroy(): void {
    for (const { socket } of this.#sockets.values()) socket.destroy();
  }

  #forget(key: string): void {
    clearTimeout(this.#sockets.get(key)?.timer);
    this.#sockets.delete(key);
  }
}

/** Where the other end of a socket is. */
export function placeOf(socket: Socket): string {
  const { remoteAddress = 'a caller that left', remotePort = 0 } = socket;
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
