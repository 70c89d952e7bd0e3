/**
 * Large values of one process that lie in memory which others on the machine can read in place. What is passed around in
 * their stead is a reference (protocol/reference.ts); the memory behind it is kept as long as its reference is kept here.
 */
import {
  closeMemory,
  hasSharedMemory,
  mapMemory,
  memorySpace,
  openTicket,
  type SharedMemory,
  ticketOf,
  unmapMemory,
  writeSealed,
} from '../native/memfd.ts';
import { writeNameless } from '../native/nameless-file.ts';
import { writePooled } from '../native/pool-memory.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { encodeReference, isReference, referenceIn } from '../protocol/reference.ts';
import { ticketIn } from '../values/referenced.ts';

/** From this size on, sharing costs less than copying. */
export const SHARED_FROM_BYTES = 256 * 1024;

/** Who can open references of this process; null if nobody can. */
export function ownSpace(): string | null {
  return hasSharedMemory() ? memorySpace() : null;
}

/** A reference to memory of this process. */
export function referenceTo(memory: SharedMemory): Uint8Array {
  return encodeReference(memory.bytes, ticketOf(memory));
}

/** A value alone in its block. */
export function blockOf(value: Uint8Array): PackedValues {
  return { bytes: value, ends: Uint32Array.of(value.byteLength) };
}

/**
 * Makes a value this process's own, as cheaply as it can: a reference of another process is opened, so that the value outlives that
 * one; large bytes go to shared memory. What is small, or cannot be shared, stays as it is.
 *
 * @throws {RolecallError} `ERR_SHARED_MEMORY` if the memory behind a reference is gone.
 */
export function ownValue(value: Uint8Array): Uint8Array {
  if (isReference(value)) return referenceTo(openTicket(ticketIn(value)));
  if (value.byteLength < SHARED_FROM_BYTES || !hasSharedMemory()) return value;
  try {
    return referenceTo(writePooled([value]) ?? writeSealed([value]));
  } catch {
    return value; // there is no room: the heap has some, or says so
  }
}

/** The same for a block of values: a large one is alone in its block. */
export function ownBlock(block: PackedValues): PackedValues {
  return block.ends.length === 1 ? blockOf(ownValue(block.bytes)) : block;
}

/** The bytes behind a reference of this process, for whoever cannot open it. They are freed when nobody uses them any more. */
export function bytesBehind(reference: Uint8Array): Uint8Array {
  return new Uint8Array(mapMemory(ticketIn(reference)));
}

/** Gives up what a block refers to. */
export function closeReferenced(block: PackedValues): void {
  const reference = referenceIn(block);
  if (reference !== undefined) closeMemory(ticketIn(reference));
}

/** Moves the bytes behind a reference of this process to a file without a name. The old reference still holds. */
export async function moveToDisk(reference: Uint8Array, folder: string): Promise<Uint8Array> {
  const whole = mapMemory(ticketIn(reference));
  try {
    return referenceTo(await writeNameless(folder, new Uint8Array(whole)));
  } finally {
    unmapMemory(whole);
  }
}
