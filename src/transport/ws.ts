import { type ClientOptions, WebSocket } from 'ws';
import { attempt, parseAddress } from './attempt.ts';
import { connectFailure } from './connect-failure.ts';
import { clientTlsOptions, type Security } from './security.ts';
import { KEEP_ALIVE_MS } from './socket-options.ts';
import type { Connection, ConnectOptions, Listener, ListenOptions, Transport } from './transport.ts';
import { WsConnection } from './ws-connection.ts';
import { listenForWebSockets } from './ws-listener.ts';
import { WS_OPTIONS } from './ws-options.ts';

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
    parseAddress(address, this.scheme);
    return attempt(address, options, ({ succeed, fail }) => {
      const socket = new WebSocket(address, this.#clientOptions);
      socket.on('upgrade', (response) => response.socket.setKeepAlive(true, KEEP_ALIVE_MS));
      socket.on('open', () => succeed(new WsConnection(socket, address)));
      socket.on('error', (cause) => fail(connectFailure(address, cause)));
      return () => socket.terminate();
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
