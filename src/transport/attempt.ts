import { RolecallError } from '../errors.ts';
import type { Connection, ConnectOptions } from './transport.ts';

const CONNECT_MS = 10_000;

/** What an attempt to connect can come to. */
export interface Attempt {
  readonly succeed: (connection: Connection) => void;
  readonly fail: (error: RolecallError) => void;
}

/**
 * Tries to connect until the deadline, or the signal.
 *
 * @param begin starts the attempt; returns how to give it up.
 * @throws {RolecallError} as `Transport.connect`.
 */
export function attempt(
  address: string,
  { deadlineMs = CONNECT_MS, signal }: ConnectOptions,
  begin: (attempt: Attempt) => () => void,
): Promise<Connection> {
  const { promise, resolve: succeed, reject: fail } = Promise.withResolvers<Connection>();
  const giveUp = begin({ succeed, fail });
  const stop = (why: string): void => {
    fail(new RolecallError('ERR_CONNECT', `Cannot connect to ${address}: ${why}`));
    giveUp();
  };
  const abort = (): void => stop('it was given up');
  const timer = setTimeout(stop, deadlineMs, `no answer within ${deadlineMs} ms`);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}

/** @throws {RolecallError} `ERR_INVALID_ARGUMENT` unless the address is one of this scheme, with a host and a port. */
export function parseAddress(address: string, scheme: string): { readonly host: string; readonly port: number } {
  const [, found, v6, name, port] = /^(\w+):\/\/(?:\[([\da-f:.%\w]+)\]|([^\s:/[\]]+)):(\d{1,5})$/i.exec(address) ?? [];
  const host = v6 ?? name;
  if (found === scheme && host !== undefined) return { host, port: Number(port) };
  const text = `Cannot connect to "${address}": expected an address such as ${scheme}://127.0.0.1:4711`;
  throw new RolecallError('ERR_INVALID_ARGUMENT', text);
}
