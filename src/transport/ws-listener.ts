import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { bindAll } from './bind.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { type Security, serverTlsOptions } from './security.ts';
import { SOCKET_OPTIONS } from './socket-options.ts';
import { placeOf } from './strangers.ts';
import type { Connection, Listener, ListenOptions } from './transport.ts';
import { WsConnection } from './ws-connection.ts';
import { WS_OPTIONS } from './ws-options.ts';

const HTTP_OPTIONS = { maxHeaderSize: 4096, ...SOCKET_OPTIONS } as const;

/** Listens for WebSockets on each of the hosts: over TLS with the run's key, or in plain if there is no secret. */
export function listenForWebSockets(
  security: Security,
  options: ListenOptions,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  const doorkeeper = new Doorkeeper(options);
  const newServer = (): Server => {
    const server =
      security === 'none'
        ? createHttpServer(HTTP_OPTIONS)
        : createHttpsServer({ ...HTTP_OPTIONS, ...serverTlsOptions(security) });
    doorkeeper.watch(server);
    server.on('clientError', (_error, socket) => socket.destroy());
    server.on('request', (request) => doorkeeper.turnAway(request.socket, 'it sent a request for a page'));
    acceptUpgrades(server, doorkeeper, accept);
    return server;
  };
  return bindAll(security === 'none' ? 'ws' : 'wss', options, doorkeeper, newServer);
}

function acceptUpgrades(server: Server, doorkeeper: Doorkeeper, accept: (connection: Connection) => void): void {
  const upgrader = new WebSocketServer({ ...WS_OPTIONS, noServer: true, clientTracking: false });
  server.on('upgrade', (request, socket: Socket, head) => {
    if (request.headers.origin !== undefined) return void socket.destroy(); // a page in some browser
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      doorkeeper.admit(socket);
      accept(new WsConnection(webSocket, placeOf(socket)));
    });
  });
}
