import type { RolecallError } from '../../src/errors.ts';
import type { Connection } from '../../src/transport/transport.ts';
import { within } from './within.ts';

/** Opens a connection and keeps what arrives until a test asks for it. */
export class Inbox {
  readonly #closed = Promise.withResolvers<RolecallError | undefined>();
  readonly #packets: Uint8Array[] = [];
  #wake: () => void = () => {};

  constructor(connection: Connection) {
    connection.open({
      packet: (bytes) => {
        this.#packets.push(bytes);
        this.#wake();
      },
      closed: this.#closed.resolve,
    });
  }

  /** Resolves with the reason when the connection has ended. */
  get closed(): Promise<RolecallError | undefined> {
    return within(this.#closed.promise, 'the end of a connection');
  }

  /** The next packet, once it is there. */
  async next(): Promise<Uint8Array> {
    const packet = this.#packets.shift();
    if (packet !== undefined) return packet;
    await within(
      new Promise<void>((resolve) => {
        this.#wake = resolve;
      }),
      'a packet',
    );
    return this.next();
  }

  /** The next packets, as text. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(Buffer.from(await this.next()).toString());
    return texts;
  }

  /** How many packets have arrived that nobody asked for. */
  get size(): number {
    return this.#packets.length;
  }
}
