import { RolecallError } from '../errors.ts';
import type { Connection, ConnectOptions, Listener, ListenOptions, Transport } from '../transport/transport.ts';
import { DragonConnection } from './connection.ts';
import type { DragonRuntime } from './runtime.ts';

const SCHEME = 'dragon';

/** This process's part in a runtime. */
export interface RuntimeSource {
  /** Undefined if there is none, or none any more: then connections are made over sockets alone. */
  current(): DragonRuntime | undefined;
  /** Resolves when it is decided whether there is one. */
  ready(): Promise<void>;
}

/**
 * Packets through channels and managed memory of DragonHPC (`dragon:`). An address is that of the socket that carries the connection:
 * over it both sides prove, with the run's key, who they are before anything is parsed, and tell each other where their channels
 * are. Where Dragon cannot carry packets, or cannot any more, the socket does.
 */
export class DragonTransport implements Transport {
  readonly scheme = SCHEME;
  readonly #carrier: Transport;
  readonly #source: RuntimeSource;

  /** @param carrier makes the sockets, and has the run's key */
  constructor(carrier: Transport, source: RuntimeSource) {
    this.#carrier = carrier;
    this.#source = source;
  }

  async listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const listener = await this.#carrier.listen(options, (socket) => accept(this.#over(socket)));
    const addresses = listener.addresses.map((address) => `${SCHEME}${address.slice(address.indexOf(':'))}`);
    return { addresses, close: () => listener.close() };
  }

  async connect(address: string, options: ConnectOptions = {}): Promise<Connection> {
    if (!address.startsWith(`${SCHEME}:`)) {
      const text = `Cannot connect to "${address}": expected an address such as ${SCHEME}://127.0.0.1:4711`;
      throw new RolecallError('ERR_INVALID_ARGUMENT', text);
    }
    const socket = `${this.#carrier.scheme}${address.slice(SCHEME.length)}`;
    try {
      await this.#source.ready();
      return this.#over(await this.#carrier.connect(socket, options));
    } catch (error) {
      const { code, message } = error as RolecallError;
      throw new RolecallError(code, message.replace(socket, address), { cause: error });
    }
  }

  #over(socket: Connection): Connection {
    return new DragonConnection(socket, this.#source.current());
  }
}
