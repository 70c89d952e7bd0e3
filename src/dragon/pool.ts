/**
 * Large values in memory of Dragon's, read in place by other processes of the node. Each process has a pool of its own, in which it alone
 * takes and frees memory, so that one that is killed cannot block another's. The life of a value, in order:
 *
 *     const value = await pool.put(bytes)            the owner: copied into its pool. Undefined if there is no room: it stays elsewhere
 *     value.descriptor                               a few bytes, for a message to another process of the node
 *     const place = await locate(runtime, descriptor)        the peer: plain data, also for its threads
 *     const buffer = mapPlace(place)                 any thread of the peer: an ArrayBuffer
 *     unmapMemory(buffer)                            detaches it
 *     await pool.release(value)                      the owner, once it knows that nobody reads it any more
 *
 * A map is private, as that of a memfd: what is written into it is seen by nobody else.
 */
import { closeSync, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { hasCode, RolecallError } from '../errors.ts';
import { loadAddon } from '../native/load.ts';
import { filesOf } from './memory-files.ts';
import type { DragonRuntime } from './runtime.ts';

export interface DragonValue {
  /** Dragon's own, serialized. */
  readonly descriptor: Uint8Array;
  /** @internal */
  readonly number: number;
}

/** Where a value lies, for any thread of a process on the node. */
export interface ValuePlace {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Texts of Dragon's that mean that there is no room, as opposed to that it cannot be used. */
const FULL = /DYNHEAP_REQUESTED_SIZE|MEMORY_POOL_FULL|OUT_OF_SPACE/;
const DEADLINE_MS = 60_000;

export class DragonPool {
  readonly #runtime: DragonRuntime;
  readonly #number: number;

  /** @throws {RolecallError} `ERR_DRAGON` if there is not so much shared memory. */
  static async create(runtime: DragonRuntime, bytes: number): Promise<DragonPool> {
    return new DragonPool(runtime, await runtime.newPool('v', bytes));
  }

  private constructor(runtime: DragonRuntime, number: number) {
    this.#runtime = runtime;
    this.#number = number;
  }

  /** Copies bytes into the pool; they must not change meanwhile. Undefined if there is no room now. @throws {RolecallError} `ERR_DRAGON`. */
  async put(bytes: Uint8Array): Promise<DragonValue | undefined> {
    try {
      const input = { numbers: [this.#number], source: bytes, deadlineMs: DEADLINE_MS };
      const { number, data } = await this.#runtime.job('valueNew', `put ${bytes.byteLength} bytes into a pool`, input);
      return { descriptor: data, number };
    } catch (error) {
      if (hasCode(error, 'ERR_DRAGON') && FULL.test(error.message)) return undefined;
      throw error;
    }
  }

  /** Frees the memory of a value. Whoever still maps it sees what comes there next. */
  async release({ number }: DragonValue): Promise<void> {
    await this.#runtime.job('valueEnd', 'free a value', { numbers: [number] });
  }

  async end(): Promise<void> {
    await this.#runtime.job('poolEnd', 'free a pool', { numbers: [this.#number] });
  }
}

/** Asks Dragon where a value lies. @throws {RolecallError} `ERR_DRAGON` if it is not there, or on another node. */
export async function locate(runtime: DragonRuntime, descriptor: Uint8Array): Promise<ValuePlace> {
  const { number, data } = await runtime.job('valueLocate', 'open a value', { bytes: [descriptor] });
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [, file = ''] = filesOf(Buffer.from(data.subarray(8)).toString());
  return { file, offset: number, bytes: Number(view.getBigUint64(0, true)) };
}

/** The value as a buffer of this thread; `unmapMemory` detaches it. @throws {RolecallError} `ERR_DRAGON` if its owner has gone. */
export function mapPlace({ file, offset, bytes }: ValuePlace): ArrayBuffer {
  const { addon, missing } = loadAddon();
  const cannot = (why: string): RolecallError =>
    new RolecallError('ERR_DRAGON', `Cannot read ${bytes} bytes in ${file}: ${why}`);
  if (addon === null) throw cannot(`that needs the addon of this package, and ${missing}`);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw cannot(`its owner has gone (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    const mapped = addon.mapPrivate(descriptor, bytes, offset);
    if (typeof mapped === 'number') throw cannot(getSystemErrorName(mapped));
    return mapped;
  } finally {
    closeSync(descriptor);
  }
}
