import type { Connection, ConnectOptions, Listener, ListenOptions, Transport } from './transport.ts';

/**
 * A transport whose program is loaded when it is first used. That of WebSockets brings HTTP, and with it a quarter of what a
 * process of Node.js can load: a rank that does not use it starts so much earlier.
 */
export class OnDemandTransport implements Transport {
  readonly scheme: string;
  readonly #load: () => Promise<Transport>;
  #loaded: Promise<Transport> | undefined;

  constructor(scheme: string, load: () => Promise<Transport>) {
    this.scheme = scheme;
    this.#load = load;
  }

  async listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    return (await this.#transport()).listen(options, accept);
  }

  async connect(address: string, options?: ConnectOptions): Promise<Connection> {
    return (await this.#transport()).connect(address, options);
  }

  #transport(): Promise<Transport> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }
}
