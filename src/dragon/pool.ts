/**
 * Large values in memory of Dragon's, read in place by other processes of the node. Each process has a pool of its own, in which it alone
 * takes and frees memory, so that one that is killed cannot block another's. The life of a value, in order:
 *
 *     openPoolRoom(bytes), or writePooled(parts)     the owner, any thread: filled in place (native/memfd.ts, native/pool-memory.ts)
 *     const ticket = ticketOf(memory)                plain data, with Dragon's own descriptor of the memory, for a message
 *     const opened = await openPooled(runtime, ticket)       a peer of the node: found where Dragon says, held, and proved
 *     mapMemory(opened), unmapMemory(buffer)         any thread of either; a map is private
 *     closeMemory(opened)                            each; Dragon has the memory back when nobody holds or maps it
 */
import { statfsSync } from 'node:fs';
import { RolecallError } from '../errors.ts';
import { openAt, type SharedMemory } from '../native/memfd.ts';
import { PROOF_BYTES } from '../native/pool-memory.ts';
import type { MemoryTicket } from '../native/ticket.ts';
import { filesOf, SHARED_MEMORY } from './memory-files.ts';
import type { DragonRuntime } from './runtime.ts';

/** Dragon keeps a table of 12 MiB for each GiB of a pool. */
const LARGEST_POOL_BYTES = 2 ** 32;
const SMALLEST_POOL_BYTES = 2 ** 24;
/** So much of what is free now all pools of the node take together; Dragon itself needs some, and so may others. */
const SHARE = 1 / 4;

/**
 * How large a pool for values should be: a power of two, since Dragon makes no others. 0 if there is too little shared memory.
 *
 * @param most bytes that are wanted at most
 * @param sharers processes of the node that have one
 */
export function poolBytesFor(most: number, sharers: number, freeBytes: number = freeSharedBytes()): number {
  const bytes = Math.min(most, (freeBytes * SHARE) / sharers, LARGEST_POOL_BYTES);
  return bytes < SMALLEST_POOL_BYTES ? 0 : 2 ** Math.floor(Math.log2(bytes));
}

function freeSharedBytes(): number {
  const { bavail, bsize } = statfsSync(SHARED_MEMORY);
  return bavail * bsize;
}

/**
 * Opens a value of another process where Dragon says that it is.
 *
 * @throws {RolecallError} `ERR_DRAGON` if Dragon does not find it; `ERR_SHARED_MEMORY` if it is another one than the ticket says.
 */
export async function openPooled(
  runtime: DragonRuntime,
  ticket: MemoryTicket & { readonly kind: 'pool' },
): Promise<SharedMemory> {
  const { file, start, bytes } = await locate(runtime, Buffer.from(ticket.place.descriptor, 'base64'));
  if (start === ticket.place.start && bytes === ticket.bytes + PROOF_BYTES) return openAt(file, ticket);
  const text = `Cannot open ${ticket.bytes} bytes in a pool of Dragon: its descriptor is of ${bytes} bytes elsewhere`;
  throw new RolecallError('ERR_SHARED_MEMORY', text);
}

/** Where memory of Dragon's lies. @throws {RolecallError} `ERR_DRAGON` if it is not there, or on another node. */
async function locate(
  runtime: DragonRuntime,
  descriptor: Uint8Array,
): Promise<{ readonly file: string; readonly start: number; readonly bytes: number }> {
  const { number, data } = await runtime.job('valueLocate', 'open a value', { bytes: [descriptor] });
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [, file = ''] = filesOf(Buffer.from(data.subarray(8)).toString());
  return { file, start: number, bytes: Number(view.getBigUint64(0, true)) };
}
