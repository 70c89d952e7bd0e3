import { RolecallError } from '../errors.ts';
import type {
  Connection,
  ConnectionHandlers,
  ConnectOptions,
  Listener,
  ListenOptions,
  Transport,
} from './transport.ts';

/**
 * Connections inside one process. Only those who hold the same `InprocTransport` can reach each other. A packet in one piece is
 * passed on as it is, without a copy.
 */
export class InprocTransport implements Transport {
  readonly scheme = 'inproc';
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  #made = 0;

  async listen(_options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    this.#made += 1;
    const address = `inproc://${this.#made}`;
    this.#listeners.set(address, accept);
    return { addresses: [address], close: async () => void this.#listeners.delete(address) };
  }

  async connect(address: string, options: ConnectOptions = {}): Promise<Connection> {
    const accept = this.#listeners.get(address);
    if (accept === undefined || options.signal?.aborted) {
      throw new RolecallError('ERR_CONNECT', `Cannot connect to ${address}: nobody listens there`);
    }
    this.#made += 1;
    const near = new InprocConnection(address);
    const far = new InprocConnection(`inproc://${this.#made}`);
    InprocConnection.join(near, far);
    accept(far);
    return near;
  }
}

/** What one side has coming to it: packets, and in the end how the connection ended. */
type Arrival =
  | { readonly kind: 'packet'; readonly bytes: Uint8Array; readonly sent: (() => void) | undefined }
  | { readonly kind: 'end'; readonly reason: RolecallError | undefined };

class InprocConnection implements Connection {
  readonly remote: string;
  #peer: InprocConnection | undefined;
  #handlers: ConnectionHandlers | undefined;
  #arrivals: Arrival[] = [];
  #delivering: NodeJS.Immediate | undefined;

  constructor(remote: string) {
    this.remote = remote;
  }

  static join(one: InprocConnection, other: InprocConnection): void {
    one.#peer = other;
    other.#peer = one;
  }

  send(pieces: readonly Uint8Array[], sent?: () => void): void {
    const [first] = pieces;
    if (first === undefined) return;
    const bytes = pieces.length === 1 ? first : new Uint8Array(Buffer.concat(pieces));
    if (this.#peer !== undefined) this.#peer.#arrive({ kind: 'packet', bytes, sent });
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#deliverLater();
  }

  keepAlive(): void {} // there is no socket that could

  close(): void {
    this.#end(undefined);
  }

  destroy(): void {
    this.#arrivals = this.#arrivals.filter((arrival) => arrival.kind === 'end');
    this.#end(
      new RolecallError('ERR_CONNECTION_LOST', `Lost the connection to ${this.#peer?.remote}: it was destroyed`),
    );
  }

  #end(reason: RolecallError | undefined): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    this.#peer = undefined;
    peer.#peer = undefined;
    peer.#arrive({ kind: 'end', reason });
    this.#arrive({ kind: 'end', reason: undefined });
  }

  #arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#deliverLater();
  }

  /** Never at once: neither side may be called from within its own call to the other. */
  #deliverLater(): void {
    if (this.#handlers === undefined) return;
    this.#delivering ??= setImmediate(() => this.#deliver(this.#handlers as ConnectionHandlers));
  }

  #deliver(handlers: ConnectionHandlers): void {
    this.#delivering = undefined;
    for (let next = this.#arrivals.shift(); next !== undefined; next = this.#arrivals.shift()) {
      if (next.kind === 'end') return handlers.closed(next.reason);
      handlers.packet(next.bytes);
      next.sent?.();
    }
  }
}
