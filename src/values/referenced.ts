/** Reads values where they lie, in memory that processes of this machine share. */

import { RolecallError } from '../errors.ts';
import {
  closeMemory,
  isStill,
  mapMemory,
  mapPart,
  openTicket,
  type SealedMemory,
  unmapMemory,
} from '../native/memfd.ts';
import { type MemoryTicket, ticketFrom } from '../native/ticket.ts';
import { isReference, placeIn } from '../protocol/reference.ts';
import { copiesOf, PAGED_BYTES, type ReadBuffer } from './frame.ts';

export type Mapped = (buffer: ArrayBuffer) => void;

/**
 * Lets `read` have the bytes behind a reference, as long as it runs. Large buffers that it reads are maps of their own, which stay;
 * `mapped` is told of each.
 *
 * @throws {RolecallError} `ERR_FRAME` if it is no reference, `ERR_SHARED_MEMORY` if the memory is gone.
 */
export function withReferenced<T>(reference: Uint8Array, mapped: Mapped, read: Read<T>): T {
  const ticket = ticketIn(reference);
  if (ticket.pid === process.pid) return readOwn(ticket, mapped, read);
  const memory = openTicket(ticket);
  try {
    return readMapped(memory, mapped, read);
  } finally {
    closeMemory(memory);
  }
}

type Read<T> = (bytes: Uint8Array, buffers: ReadBuffer) => T;

/** Another thread may give the value up meanwhile, and the descriptor be of something else: so it is looked at afterwards. */
function readOwn<T>(ticket: MemoryTicket, mapped: Mapped, read: Read<T>): T {
  const buffers: ArrayBuffer[] = [];
  let failure: unknown;
  try {
    const value = readMapped(ticket, (buffer) => buffers.push(buffer), read);
    if (isStill(ticket)) {
      for (const buffer of buffers) mapped(buffer);
      return value;
    }
  } catch (error) {
    if (isStill(ticket)) failure = error;
  }
  for (const buffer of buffers) unmapMemory(buffer);
  const text = `Cannot read ${ticket.bytes} bytes of shared memory: the value was released meanwhile`;
  throw failure ?? new RolecallError('ERR_SHARED_MEMORY', text);
}

function readMapped<T>(memory: SealedMemory, mapped: Mapped, read: Read<T>): T {
  const whole = mapMemory(memory);
  try {
    const bytes = new Uint8Array(whole);
    return read(bytes, buffersOf(memory, bytes, mapped));
  } finally {
    unmapMemory(whole);
  }
}

/** @throws {RolecallError} `ERR_FRAME`. */
export function ticketIn(reference: Uint8Array): MemoryTicket {
  try {
    if (isReference(reference)) return ticketFrom(placeIn(reference));
  } catch {
    // Said below.
  }
  throw new RolecallError('ERR_FRAME', 'Cannot read a reference to shared memory: it does not say where that is');
}

function buffersOf(memory: SealedMemory, bytes: Uint8Array, mapped: Mapped): ReadBuffer {
  const copy = copiesOf(bytes);
  return (start, length, isShared) => {
    if (length < PAGED_BYTES || isShared) return copy(start, length, isShared);
    const buffer = mapPart(memory, start, length);
    mapped(buffer);
    return buffer;
  };
}
