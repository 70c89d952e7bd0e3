import { setTimeout as delay } from 'node:timers/promises';
import { hasCode, RolecallError } from '../errors.ts';
import type { Connection, ConnectOptions, Transport } from './transport.ts';

export interface ConnectAnyOptions {
  /** How long to try in all. @default 10000 */
  readonly deadlineMs?: number;
  /** Head start of each address before the next one is tried as well. @default 250 */
  readonly staggerMs?: number;
}

const DEADLINE_MS = 10_000;
const STAGGER_MS = 250;

/**
 * Connects to a peer at the first of its addresses that answers. They are tried in order, each with a small head start; when one
 * fails, the next is tried at once.
 *
 * @throws RolecallError ERR_SECURITY if one who answered has another key, else ERR_CONNECT. The text says of every address
 * why it failed.
 */
export async function connectAny(
  transports: readonly Transport[],
  addresses: readonly string[],
  options: ConnectAnyOptions = {},
): Promise<Connection> {
  const { deadlineMs = DEADLINE_MS, staggerMs = STAGGER_MS } = options;
  const end = performance.now() + deadlineMs;
  const over = new AbortController();
  const attempts: Promise<Connection>[] = [];
  for (const address of addresses) {
    const turn = attempts.length === 0 ? Promise.resolve() : headStart(attempts.at(-1)!, staggerMs, over.signal);
    const connect = () =>
      connectOne(transports, address, {
        deadlineMs: Math.max(1, Math.ceil(end - performance.now())),
        signal: over.signal,
      });
    attempts.push(turn.then(connect));
  }
  try {
    const winner = await Promise.any(attempts);
    for (const attempt of attempts) destroyIfNot(winner, attempt);
    return winner;
  } catch (error) {
    throw summaryOf(addresses, error as AggregateError);
  } finally {
    over.abort();
  }
}

/** Waits until an attempt has had its head start or has failed; rejects if it succeeds before. */
async function headStart(attempt: Promise<Connection>, staggerMs: number, signal: AbortSignal): Promise<void> {
  const failed = attempt.then(
    () => Promise.reject(new Error('not needed any more')),
    () => {},
  );
  await Promise.race([failed, delay(staggerMs, undefined, { signal })]);
}

async function connectOne(
  transports: readonly Transport[],
  address: string,
  options: ConnectOptions,
): Promise<Connection> {
  const scheme = address.slice(0, address.indexOf(':'));
  const transport = transports.find((one) => one.scheme === scheme);
  if (transport !== undefined) return transport.connect(address, options);
  const known = transports.map((one) => `${one.scheme}:`).join(', ');
  throw new RolecallError('ERR_CONNECT', `Cannot connect to ${address}: expected an address that begins with ${known}`);
}

function destroyIfNot(winner: Connection, attempt: Promise<Connection>): void {
  attempt.then(
    (connection) => connection !== winner && connection.destroy(),
    () => {},
  );
}

function summaryOf(addresses: readonly string[], error: AggregateError): RolecallError {
  const failures = error.errors as Error[];
  if (failures.length === 1) return failures[0] as RolecallError;
  const reasons = failures.map((failure, i) => `${addresses[i]} (${failure.message})`);
  const text = reasons.length === 0 ? 'it has no address' : `tried ${reasons.length} addresses: ${reasons.join('; ')}`;
  const code = failures.some((failure) => hasCode(failure, 'ERR_SECURITY')) ? 'ERR_SECURITY' : 'ERR_CONNECT';
  return new RolecallError(code, `Cannot connect to a peer: ${text}`, { cause: error });
}
