/** What others have for talking among the ranks: then MPI need not be started for it. */
import { RolecallError } from '../../errors.ts';
import { valueCodec } from '../../on-demand.ts';
import type { Broadcast, Broadcasted } from '../rendezvous/broadcast-meeting.ts';

/**
 * Ranks that can broadcast, by means of another module. It travels to the programs of scheduler and workers as a task function does:
 * what it needs must be imported, and work in a process that has only just been started.
 */
export interface Communicator {
  /** This process among all. */
  readonly rank: number;
  readonly size: number;
  /**
   * Called once on every rank, with the bytes on the root and null on the others; returns those bytes on all. On the client's rank it
   * must not return a promise, because a constructor waits for it. Who never comes must be its own concern where it blocks; a promise
   * is waited for until `startTimeoutMs`.
   */
  broadcast(bytes: Uint8Array | null, root: number): Uint8Array | Promise<Uint8Array>;
}

/** As text for the plan of a role. @throws {RolecallError} `ERR_UNSERIALISABLE_FUNCTION` if it cannot travel. */
export function encodeCommunicator(comm: Communicator | undefined): string | null {
  if (comm === undefined) return null;
  const options = { what: 'the option comm', code: 'ERR_UNSERIALISABLE_FUNCTION' } as const;
  const { ValueCodec } = valueCodec();
  return Buffer.from(new ValueCodec().encode(comm, options)).toString('base64');
}

export async function decodeCommunicator(text: string | null): Promise<Communicator | undefined> {
  if (text === null) return undefined;
  const { ValueCodec } = valueCodec();
  const codec = new ValueCodec();
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  await codec.prepare(bytes);
  return codec.decode(bytes) as Communicator;
}

export function broadcastOf(comm: Communicator, root: number): Broadcast {
  const ask = async (text: string | null, timeoutMs: number): Promise<Broadcasted> => {
    const bytes = text === null ? null : new TextEncoder().encode(text);
    return orTooLate(Promise.resolve(comm.broadcast(bytes, root)).then(met), timeoutMs);
  };
  return {
    what: `broadcast of the option comm, in which all ${comm.size} ranks must take part`,
    send: ask,
    receive: (timeoutMs) => ask(null, timeoutMs),
    receiveNow: () => {
      const bytes = comm.broadcast(null, root);
      if (bytes instanceof Uint8Array) return met(bytes);
      const text = "broadcast returned no bytes on the client's rank, whose constructor cannot wait for a promise";
      throw new RolecallError('ERR_INVALID_OPTION', `Cannot use the option comm: ${text}`);
    },
  };
}

function met(bytes: Uint8Array): Broadcasted {
  return { kind: 'met', text: new TextDecoder().decode(bytes) };
}

async function orTooLate(result: Promise<Broadcasted>, timeoutMs: number): Promise<Broadcasted> {
  const { promise: late, resolve } = Promise.withResolvers<Broadcasted>();
  const timer = setTimeout(() => resolve({ kind: 'too late' }), timeoutMs);
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}
