import { type ClientOptions, WebSocket } from 'ws';
import { RolecallError } from '../errors.ts';
import { clientTlsOptions, isHandshakeFailure, type Security } from './security.ts';
import type { Connection, ConnectOptions, Listener, ListenOptions, Transport } from './transport.ts';
import { WsConnection } from './ws-connection.ts';
import { listenForWebSockets } from './ws-listener.ts';
import { KEEP_ALIVE_MS, WS_OPTIONS } from './ws-options.ts';

const CONNECT_MS = 10_000;

/** WebSockets: over TLS with the run's key (`wss:`), or without any protection (`ws:`) if there is no secret. */
export class WsTransport implements Transport {
  readonly scheme: 'wss' | 'ws';
  readonly #security: Security;
  readonly #clientOptions: ClientOptions;

  constructor(security: Security) {
    this.scheme = security === 'none' ? 'ws' : 'wss';
    this.#security = security;
    this.#clientOptions = clientOptions(security);
  }

  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    return listenForWebSockets(this.#security, options, accept);
  }

  async connect(address: string, options: ConnectOptions = {}): Promise<Connection> {
    const { deadlineMs = CONNECT_MS, signal } = options;
    if (!URL.canParse(address) || new URL(address).protocol !== `${this.scheme}:`) {
      const text = `Cannot connect to "${address}": expected an address such as ${this.scheme}://127.0.0.1:4711`;
      throw new RolecallError('ERR_INVALID_ARGUMENT', text);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const socket = new WebSocket(address, this.#clientOptions);
    const stop = (why: string) => {
      reject(new RolecallError('ERR_CONNECT', `Cannot connect to ${address}: ${why}`));
      socket.terminate();
    };
    const abort = () => stop('it was given up');
    const timer = setTimeout(stop, deadlineMs, `no answer within ${deadlineMs} ms`);
    socket.on('upgrade', (response) => response.socket.setKeepAlive(true, KEEP_ALIVE_MS));
    socket.on('open', () => resolve(new WsConnection(socket, address)));
    socket.on('error', (cause) => reject(failure(address, cause)));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
  }
}

function clientOptions(security: Security): ClientOptions {
  const options = {
    ...WS_OPTIONS,
    // A mask of zeros leaves the bytes as they are: masking protects proxies from browsers, and there are none here.
    generateMask: (mask: Buffer) => void mask.fill(0),
  };
  if (security === 'none') return options;
  const tls: object = clientTlsOptions(security); // for node:tls; the types of `ws` have another idea of `checkServerIdentity`
  return { ...options, ...tls };
}

function failure(address: string, cause: Error): RolecallError {
  if (isHandshakeFailure(cause)) {
    const text = `Cannot connect to ${address}: whoever listens there does not have the key of this run`;
    return new RolecallError('ERR_SECURITY', text, { cause });
  }
  return new RolecallError('ERR_CONNECT', `Cannot connect to ${address}: ${cause.message}`, { cause });
}
