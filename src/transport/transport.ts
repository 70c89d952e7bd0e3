import type { RolecallError } from '../errors.ts';

/**
 * A way for two processes to reach each other. Each implementation passes `test/transport/compliance.ts`.
 */
export interface Transport {
  /** The scheme of its addresses, without the colon. */
  readonly scheme: string;
  /**
   * Waits for connections; `accept` gets each one whose peer has proved that it belongs to this run.
   *
   * @throws RolecallError ERR_CONNECT if a host or port cannot be listened on.
   */
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;
  /**
   * Connects to one address of a listener.
   *
   * @throws RolecallError ERR_CONNECT if nobody answers there in time, ERR_SECURITY if the one who does has another key.
   */
  connect(address: string, options?: ConnectOptions): Promise<Connection>;
}

export interface ListenOptions {
  /** Names or addresses of this machine to listen on. @default ['127.0.0.1'] */
  readonly hosts?: readonly string[];
  /** Leaves out hosts that cannot be listened on, as long as there is one that can. @default false */
  readonly skipUnusable?: boolean;
  /** @default 0, which lets the system choose one for each host */
  readonly port?: number;
  /** How long a caller may take to prove who it is before it is cut off. @default 10000 */
  readonly handshakeMs?: number;
  /** How many callers that have not proved it yet are held at a time; for a further one the first is cut off. @default 256 */
  readonly mostStrangers?: number;
  /** Told of each caller that was turned away, for the log. */
  readonly refused?: (error: RolecallError) => void;
}

export interface ConnectOptions {
  /** How long to try. @default 10000 */
  readonly deadlineMs?: number;
  /** Gives up at once when aborted. */
  readonly signal?: AbortSignal;
}

export interface Listener {
  /** One address per host, such as `tls://127.0.0.1:4711`. */
  readonly addresses: readonly string[];
  /** Accepts no more connections. Those that were accepted stay. */
  close(): Promise<void>;
}

/** An ordered stream of packets to and from one peer. What arrives has the borders of what was sent. */
export interface Connection {
  /** Where the peer is, for logs and errors. */
  readonly remote: string;
  /**
   * Sends one packet of at most `PACKET_BYTES`. The pieces must not change until it was sent. After the end of the connection it
   * does nothing.
   *
   * @param sent called once the packet has left this process's memory; not called if it never does.
   */
  send(pieces: readonly Uint8Array[], sent?: () => void): void;
  /** To be called once: what the peer sends, and that it ended, waits until then. */
  open(handlers: ConnectionHandlers): void;
  /** Whether the open connection alone keeps the process from exiting, as it does at first. */
  keepAlive(on: boolean): void;
  /** Sends what there is to send, then ends the connection. May take for ever if the peer does not read. */
  close(): void;
  /** Ends the connection at once. */
  destroy(): void;
}

export interface ConnectionHandlers {
  packet(bytes: Uint8Array): void;
  /**
   * Where the next packet, of so many bytes, is wanted; undefined: anywhere. A transport that reads a packet piece by piece may put it
   * there, and then calls `packet` with that memory: it spares a copy.
   */
  room?(bytes: number): Uint8Array | undefined;
  /**
   * The connection has ended; called exactly once. The reason is undefined if one of the sides closed it or this side destroyed
   * it, ERR_CONNECTION_LOST if the peer vanished, ERR_FRAME if the peer broke the rules of the transport.
   */
  closed(reason: RolecallError | undefined): void;
}
