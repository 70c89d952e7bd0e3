import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { RolecallError } from '../errors.ts';
import { isHandshakeFailure, type Security, serverTlsOptions } from './security.ts';
import { placeOf, Strangers } from './strangers.ts';
import type { Connection, Listener, ListenOptions } from './transport.ts';
import { WsConnection } from './ws-connection.ts';
import { KEEP_ALIVE_MS, WS_OPTIONS } from './ws-options.ts';

const HTTP_OPTIONS = {
  maxHeaderSize: 4096,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
  noDelay: true,
} as const;
const HANDSHAKE_MS = 10_000;
const MOST_STRANGERS = 256;

/** Listens for WebSockets on each of the hosts: over TLS with the run's key, or in plain if there is no secret. */
export async function listenForWebSockets(
  security: Security,
  options: ListenOptions,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  const strangers = new Strangers(options.mostStrangers ?? MOST_STRANGERS, options.handshakeMs ?? HANDSHAKE_MS);
  const servers: Server[] = [];
  const close = async () => {
    for (const server of servers) server.close();
    strangers.destroy();
  };
  try {
    for (const host of options.hosts ?? ['127.0.0.1']) {
      const server = createServer(security, strangers, options.refused ?? (() => {}));
      acceptUpgrades(server, strangers, accept);
      servers.push(server);
      await bind(server, host, options.port ?? 0);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const scheme = security === 'none' ? 'ws' : 'wss';
  return { addresses: servers.map((server) => addressOf(scheme, server)), close };
}

function createServer(security: Security, strangers: Strangers, refused: (error: RolecallError) => void): Server {
  const server =
    security === 'none'
      ? createHttpServer(HTTP_OPTIONS)
      : createHttpsServer({ ...HTTP_OPTIONS, ...serverTlsOptions(security) });
  const refuse = (socket: Socket, why: string, cause?: unknown) => {
    refused(new RolecallError('ERR_SECURITY', `Turned away ${placeOf(socket)}: ${why}`, { cause }));
    socket.destroy();
  };
  server.on('connection', (socket: Socket) => {
    const place = placeOf(socket);
    strangers.enter(socket, (why) => refused(new RolecallError('ERR_SECURITY', `Turned away ${place}: ${why}`)));
  });
  server.on('tlsClientError', (cause: Error, socket: Socket) => {
    if (isHandshakeFailure(cause)) refuse(socket, 'it does not have the key of this run', cause);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('request', (request) => refuse(request.socket, 'it sent a request for a page'));
  return server;
}

function acceptUpgrades(server: Server, strangers: Strangers, accept: (connection: Connection) => void): void {
  const upgrader = new WebSocketServer({ ...WS_OPTIONS, noServer: true, clientTracking: false });
  server.on('upgrade', (request, socket: Socket, head) => {
    if (request.headers.origin !== undefined) return void socket.destroy(); // a page in some browser
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      strangers.admit(socket);
      accept(new WsConnection(webSocket, placeOf(socket)));
    });
  });
}

function bind(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause) => {
    reject(new RolecallError('ERR_CONNECT', `Cannot listen on ${host}, port ${port}: ${cause.message}`, { cause }));
  });
  server.listen({ host, port }, resolve);
  return promise;
}

function addressOf(scheme: string, server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
