import type { AddressInfo, Server } from 'node:net';
import { RolecallError } from '../errors.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { Listener, ListenOptions } from './transport.ts';

/**
 * Binds one server for each host, made by `newServer`.
 *
 * @throws {RolecallError} `ERR_CONNECT` if a host or port cannot be listened on; then none is.
 */
export async function bindAll(
  scheme: string,
  { hosts = ['127.0.0.1'], port = 0, skipUnusable = false }: ListenOptions,
  doorkeeper: Doorkeeper,
  newServer: () => Server,
): Promise<Listener> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers) server.close();
    doorkeeper.close();
  };
  try {
    for (const host of hosts) {
      const server = newServer();
      try {
        await bind(server, host, port);
        servers.push(server);
      } catch (error) {
        server.close();
        const isLast = host === hosts.at(-1);
        if (!skipUnusable || (isLast && servers.length === 0)) throw error;
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses: servers.map((server) => addressOf(scheme, server)), close };
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
