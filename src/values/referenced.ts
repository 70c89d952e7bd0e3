/** Reads values where they lie, in memory that processes of this machine share. */

import { RolecallError } from '../errors.ts';
import {
  closeMemory,
  isStill,
  mapMemory,
  mapPart,
  openTicket,
  type SharedMemory,
  unmapMemory,
} from '../native/memfd.ts';
import { type MemoryTicket, ticketFrom } from '../native/ticket.ts';
import { isReference, placeIn } from '../protocol/reference.ts';
import { copyOf, type FrameMemory, headEndOf, PAGED_BYTES } from './frame.ts';
import { TAG } from './tags.ts';

/** So much of a large value is looked at first. */
const HEAD_BYTES = 64 * 1024;

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

type Read<T> = (bytes: Uint8Array, memory: FrameMemory) => T;

/** Another thread may give the value up meanwhile, and the descriptor be of something else: so it is looked at afterwards. */
function readOwn<T>(ticket: MemoryTicket, mapped: Mapped, read: Read<T>): T {
  if (!isStill(ticket)) throw released(ticket);
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
  throw failure ?? released(ticket);
}

function released({ bytes }: MemoryTicket): RolecallError {
  const text = `Cannot read ${bytes} bytes of shared memory: the value was released, or never was there`;
  return new RolecallError('ERR_SHARED_MEMORY', text);
}

function readMapped<T>(memory: SharedMemory, mapped: Mapped, read: Read<T>): T {
  const buffer = mapHead(memory);
  try {
    return read(new Uint8Array(buffer), framesIn(memory, mapped));
  } finally {
    unmapMemory(buffer);
  }
}

/** Of a frame, what stands before its buffers, if that is not much; else all of it. */
function mapHead(memory: SharedMemory): ArrayBuffer {
  if (memory.bytes <= HEAD_BYTES) return mapMemory(memory);
  const start = mapPart(memory, 0, HEAD_BYTES);
  const bytes = new Uint8Array(start);
  const isFrame = bytes[0] === TAG.framedPlain || bytes[0] === TAG.graph;
  if (isFrame && headEndOf(bytes) <= HEAD_BYTES) return start;
  unmapMemory(start);
  return mapMemory(memory);
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

/** Large buffers are maps of their own; of small ones copies are made. */
function framesIn(memory: SharedMemory, mapped: Mapped): FrameMemory {
  const buffer = (start: number, length: number, isShared: boolean): ArrayBufferLike => {
    if (length === 0) return copyOf(new Uint8Array(), isShared);
    const part = mapPart(memory, start, length);
    if (length >= PAGED_BYTES && !isShared) {
      mapped(part);
      return part;
    }
    try {
      return copyOf(new Uint8Array(part), isShared);
    } finally {
      unmapMemory(part);
    }
  };
  return { bytes: memory.bytes, buffer };
}
