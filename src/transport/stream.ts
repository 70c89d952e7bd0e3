import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { attempt, parseAddress } from './attempt.ts';
import { bindAll } from './bind.ts';
import { connectFailure } from './connect-failure.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { clientTlsOptions, type Security, serverTlsOptions } from './security.ts';
import { SOCKET_OPTIONS } from './socket-options.ts';
import { placeOf } from './strangers.ts';
import { StreamConnection } from './stream-connection.ts';
import type { Connection, ConnectOptions, Listener, ListenOptions, Transport } from './transport.ts';

/**
 * Packets on a bare socket, each behind its length: over TLS with the run's key (`tls:`), or without any protection (`tcp:`) if
 * there is no secret.
 */
export class StreamTransport implements Transport {
  readonly scheme: 'tls' | 'tcp';
  readonly #connect: (address: string, connected: () => void) => Socket;
  readonly #newServer: (doorkeeper: Doorkeeper, accept: (socket: Socket) => void) => Server;

  constructor(security: Security) {
    this.scheme = security === 'none' ? 'tcp' : 'tls';
    if (security === 'none') {
      this.#connect = (address, connected) =>
        connectTcp({ ...parseAddress(address, 'tcp'), ...SOCKET_OPTIONS }, connected);
      this.#newServer = (_doorkeeper, accept) => createTcpServer(SOCKET_OPTIONS, accept);
      return;
    }
    const client: object = clientTlsOptions(security); // the types have another idea of `checkServerIdentity`
    const server = { ...SOCKET_OPTIONS, ...serverTlsOptions(security) };
    this.#connect = (address, connected) =>
      connectTls({ ...parseAddress(address, 'tls'), ...SOCKET_OPTIONS, ...client }, connected);
    this.#newServer = (doorkeeper, accept) => doorkeeper.watch(createTlsServer(server, accept));
  }

  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    const doorkeeper = new Doorkeeper(options);
    const admit = (socket: Socket): void => {
      doorkeeper.admit(socket);
      accept(new StreamConnection(socket, placeOf(socket)));
    };
    return bindAll(this.scheme, options, doorkeeper, () => this.#newServer(doorkeeper, admit));
  }

  async connect(address: string, options: ConnectOptions = {}): Promise<Connection> {
    return attempt(address, options, ({ succeed, fail }) => {
      const socket = this.#connect(address, () => succeed(new StreamConnection(socket, address)));
      socket.on('error', (cause) => fail(connectFailure(address, cause)));
      socket.on('close', () => fail(connectFailure(address, new Error('the connection was cut'))));
      return () => socket.destroy();
    });
  }
}
