/**
 * Shared memory that nobody can change and that leaves nothing behind: a descriptor without a name, sealed against writing and
 * resizing. Its life, in order:
 *
 *     const memory = writeSealed([bytes])           the owner: made, filled, sealed
 *     const ticket = ticketOf(memory)               plain data, for a message to a process of the same user on the same machine
 *     const opened = openTicket(ticket)             the peer: its own descriptor, checked
 *     const buffer = mapMemory(opened)              any thread of either, each for itself: an ArrayBuffer is of one thread
 *     unmapMemory(buffer)                           detaches it; also done when it is collected, or its thread ends
 *     closeMemory(opened)                           after which maps that are there still hold
 *
 * The system frees the memory with its last descriptor and map. A map is private: what a task writes into it goes to a copy of that
 * page (4096 bytes), and is seen by nobody else. A descriptor of the owner must stay open as long as tickets of it are about.
 * Descriptors are numbers of the process, so `SealedMemory` may be posted to its threads as it is. All of this throws without the
 * addon: ask `hasSharedMemory` first.
 */
import {
  closeSync,
  existsSync,
  constants as fileConstants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  writeSync,
} from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { block } from '../block.ts';
import { RolecallError } from '../errors.ts';
import type { Bindings, OrErrno } from './bindings.ts';
import { loadAddon } from './load.ts';
import { hasPages, hold, isHeld, letGo, type PooledMemory, prove, takePlace } from './pool-memory.ts';
import { startTimeOf } from './start-time.ts';
import type { MemoryTicket } from './ticket.ts';

export type { MemoryTicket };

export interface SealedMemory {
  readonly kind: 'memory' | 'file';
  /** Of this process, which must close it. */
  readonly descriptor: number;
  readonly bytes: number;
  /** Where the value lies, if it is only a part of the memory. */
  readonly part?: { readonly start: number; readonly size: number } | undefined;
}

/** A file without a name (nameless-file.ts) and a value in a pool of DragonHPC's (pool-memory.ts) are used in the same way. */
export type SharedMemory = SealedMemory | PooledMemory;

const LONGEST_SEAL_MS = 1000;
const MOST_AT_ONCE = 1 << 30;
/** From here on it is asked first whether there is room: the system gives more than it has, and then kills somebody. */
const LARGE = 1 << 26;

/**
 * True if this process can share memory. A peer can open it only if it has the same `memorySpace`. A process that was put into a container
 * from outside may find no `/proc` of its own there.
 */
export function hasSharedMemory(): boolean {
  seesItself ??= existsSync('/proc/self/ns/pid');
  return seesItself && loadAddon().addon !== null;
}

let seesItself: boolean | undefined;

/**
 * Sealed memory with the given bytes in it, one after the other.
 *
 * @throws {RolecallError} `ERR_SHARED_MEMORY` if there is no descriptor or no memory left.
 */
export function writeSealed(parts: readonly Uint8Array[]): SealedMemory {
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return makeSealed(bytes, (descriptor) => {
    let position = 0;
    for (const part of parts) {
      writeFully(descriptor, part, position);
      position += part.byteLength;
    }
  });
}

/**
 * The same, filled in place. The buffer is the memory itself, all zero, and is detached when `fill` returns.
 *
 * @throws {RolecallError} `ERR_SHARED_MEMORY`; and what `fill` throws.
 */
export function fillSealed(bytes: number, fill: (buffer: ArrayBuffer) => void): SealedMemory {
  const room = openRoom(bytes);
  try {
    fill(room.buffer);
    return room.seal();
  } finally {
    room.discard();
  }
}

/** Memory that is being filled, and then either sealed or discarded. */
export interface Room<Memory extends SharedMemory = SharedMemory> {
  readonly descriptor: number;
  /** The memory itself, all zero. Detached once the room is sealed or discarded. */
  readonly buffer: ArrayBuffer;
  /** @throws {RolecallError} `ERR_SHARED_MEMORY`. */
  seal(): Memory;
  /** Gives the memory back, unless it was sealed. */
  discard(): void;
}

/** Makes room for so many bytes. @throws {RolecallError} `ERR_SHARED_MEMORY` if there is none. */
export function openRoom(bytes: number): Room<SealedMemory> {
  const addon = addonFor(bytes);
  const descriptor = newMemory(bytes, addon);
  let open = true;
  const discard = (): void => {
    if (!open) return;
    open = false;
    addon.unmap(buffer);
    addon.closeDescriptor(descriptor);
  };
  let buffer = new ArrayBuffer();
  try {
    buffer = mapped(bytes, addon.mapShared(descriptor, bytes, 0));
  } catch (error) {
    discard();
    throw error;
  }
  const seal = (): SealedMemory => {
    addon.unmap(buffer);
    sealNow(descriptor, bytes, addon);
    open = false;
    return { kind: 'memory', descriptor, bytes };
  };
  return { descriptor, buffer, seal, discard };
}

/** Memory that is written part by part. That costs less than to fill it in place, where the system clears each page first. */
export interface MemoryInParts {
  readonly descriptor: number;
  /** @throws {RolecallError} `ERR_SHARED_MEMORY`. */
  write(part: Uint8Array, at: number): void;
  /** @throws {RolecallError} `ERR_SHARED_MEMORY`. */
  seal(): SealedMemory;
}

/** Makes room for so many bytes. @throws {RolecallError} `ERR_SHARED_MEMORY` if there is none. */
export function openInParts(bytes: number): MemoryInParts {
  const addon = addonFor(bytes);
  const descriptor = newMemory(bytes, addon);
  const seal = (): SealedMemory => {
    sealNow(descriptor, bytes, addon);
    return { kind: 'memory', descriptor, bytes };
  };
  return { descriptor, write: (part, at) => writeFully(descriptor, part, at), seal };
}

/** As `openRoom`, in this process's pool of DragonHPC. Undefined if it has none, or there is no room. */
export function openPoolRoom(bytes: number): Room | undefined {
  const memory = takePlace(bytes);
  if (memory === undefined) return undefined;
  const { descriptor, place } = memory;
  const addon = addonFor(bytes);
  const buffer = hasPages(memory) ? addon.mapShared(descriptor, bytes, place.start) : 0;
  if (typeof buffer === 'number') return void letGo(descriptor, addon.closeDescriptor);
  const seal = (): SharedMemory => {
    if (!prove(memory)) throw noMemory(bytes, 'the pool has no memory for it');
    addon.unmap(buffer);
    return memory;
  };
  const discard = (): void => {
    if (addon.unmap(buffer) === 0) letGo(descriptor, addon.closeDescriptor);
  };
  return { descriptor, buffer, seal, discard };
}

export function ticketOf(memory: SharedMemory): MemoryTicket {
  const { descriptor, bytes } = memory;
  const inode = String(fstatSync(descriptor, { bigint: true }).ino);
  ownStart ??= startTimeOf('self') ?? '';
  const about = { space: memorySpace(), pid: process.pid, startTime: ownStart, descriptor, inode, bytes };
  return memory.kind === 'pool'
    ? { kind: 'pool', ...about, place: memory.place }
    : { kind: memory.kind, ...about, part: memory.part };
}

/**
 * Opens the memory that a ticket names. It is looked at after opening: that its owner is the process that gave the ticket, that it
 * is this memory, that it has the size, and that nobody else can change it: it is sealed, or a file without a name. A value in a pool
 * of DragonHPC is not protected so, but it is the one that the ticket names, and stays it.
 *
 * @throws {RolecallError} `ERR_SHARED_MEMORY` if it is gone, is another one, or cannot be reached from here: use the network.
 */
export function openTicket(ticket: MemoryTicket): SharedMemory {
  addonFor(ticket.bytes);
  if (ticket.space !== memorySpace()) throw cannotOpen(ticket, 'it is of another machine or container');
  return openAt(`/proc/${ticket.pid}/fd/${ticket.descriptor}`, ticket, () => {
    if (startTimeOf(ticket.pid) !== ticket.startTime) throw cannotOpen(ticket, 'its owner has ended');
  });
}

/**
 * The same by another way to the file: a value in a pool may be found where Dragon says.
 *
 * @throws {RolecallError} `ERR_SHARED_MEMORY` if something else is there.
 */
export function openAt(path: string, ticket: MemoryTicket, check: () => void = () => {}): SharedMemory {
  const descriptor = openDescriptor(path, ticket);
  try {
    check();
    const { ino, size, nlink } = fstatSync(descriptor, { bigint: true });
    if (String(ino) !== ticket.inode) throw cannotOpen(ticket, 'the descriptor is of something else by now');
    if (ticket.kind === 'pool') return heldBy(descriptor, ticket);
    const { kind, bytes, part } = ticket;
    if (!hasSize(ticket, size)) throw cannotOpen(ticket, `it has ${size} bytes`);
    if (kind === 'file' && nlink !== 0n) throw cannotOpen(ticket, 'it has a name');
    if (kind === 'memory' && addonFor(bytes).memfdIsSealed(descriptor) !== 1)
      throw cannotOpen(ticket, 'it is not sealed');
    return { kind, descriptor, bytes, part };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function hasSize({ bytes, part = { start: 0, size: bytes } }: SealedMemory, size: bigint): boolean {
  return size === BigInt(part.size) && part.start + bytes <= part.size;
}

function heldBy(descriptor: number, ticket: MemoryTicket & { readonly kind: 'pool' }): PooledMemory {
  const { kind, bytes, place } = ticket;
  const memory = { kind, descriptor, bytes, place };
  const why = hold(memory);
  if (why !== null) throw cannotOpen(ticket, why);
  return memory;
}

/** The memory as a buffer of this thread. @throws {RolecallError} `ERR_SHARED_MEMORY` if there are no addresses, or too many maps. */
export function mapMemory(memory: SharedMemory): ArrayBuffer {
  return mapPart(memory, 0, memory.bytes);
}

/** A part of the memory, as a buffer of its own. @throws {RolecallError} `ERR_SHARED_MEMORY`. */
export function mapPart(memory: SharedMemory, start: number, bytes: number): ArrayBuffer {
  const first = memory.kind === 'pool' ? memory.place.start : (memory.part?.start ?? 0);
  return mapped(bytes, addonFor(bytes).mapPrivate(memory.descriptor, bytes, first + start));
}

/** Detaches a buffer of `mapMemory` and gives its addresses back. Nothing if it is detached already. */
export function unmapMemory(buffer: ArrayBuffer): void {
  loadAddon().addon?.unmap(buffer);
}

/**
 * True if a descriptor of this process is the memory that a ticket of it names: to be asked before mapping, since a ticket may be
 * forged, and to read beyond the end of a file is a fault that ends the process; and after, since another thread may have closed it.
 */
export function isStill(ticket: MemoryTicket): boolean {
  try {
    const { ino, size } = fstatSync(ticket.descriptor, { bigint: true });
    if (String(ino) !== ticket.inode) return false;
    return ticket.kind === 'pool' ? isWithin(ticket, size) && isHeld(ticket) : hasSize(ticket, size);
  } catch {
    return false;
  }
}

function isWithin({ bytes, place }: PooledMemory, size: bigint): boolean {
  return BigInt(place.start) + BigInt(bytes) <= size;
}

export function closeMemory({ descriptor }: Pick<SharedMemory, 'descriptor'>): void {
  letGo(descriptor);
}

let space: string | undefined;
let ownStart: string | undefined;

/** Processes with the same one can open each other's memory, if they are of one user. */
export function memorySpace(): string {
  space ??= `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  return space;
}

function makeSealed(bytes: number, fill: (descriptor: number) => void): SealedMemory {
  const addon = addonFor(bytes);
  const descriptor = newMemory(bytes, addon);
  try {
    fill(descriptor);
    sealNow(descriptor, bytes, addon);
    return { kind: 'memory', descriptor, bytes };
  } catch (error) {
    addon.closeDescriptor(descriptor);
    throw error;
  }
}

/** A program that is just being started may hold on to what was mapped a moment before. */
function sealNow(descriptor: number, bytes: number, addon: Bindings): void {
  for (let waitedMs = 0; ; waitedMs++) {
    const result = addon.memfdSeal(descriptor);
    if (result !== -constants.errno.EBUSY || waitedMs === LONGEST_SEAL_MS) return void checked(bytes, 'fcntl', result);
    block(1);
  }
}

function newMemory(bytes: number, addon: Bindings): number {
  if (bytes >= LARGE && bytes > process.availableMemory()) throw noMemory(bytes, 'so much is not free');
  return checked(bytes, 'memfd_create', addon.memfdNew(bytes));
}

function writeFully(descriptor: number, part: Uint8Array, position: number): void {
  for (let done = 0; done < part.byteLength; ) {
    const length = Math.min(part.byteLength - done, MOST_AT_ONCE);
    try {
      done += writeSync(descriptor, part, done, length, position + done);
    } catch (error) {
      throw noMemory(part.byteLength, `write: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
}

function openDescriptor(path: string, ticket: MemoryTicket): number {
  try {
    return openSync(path, fileConstants.O_RDONLY);
  } catch (error) {
    throw cannotOpen(ticket, String((error as NodeJS.ErrnoException).code));
  }
}

/**
 * The engine takes every buffer for memory that it could free, and collects garbage whenever 64 MiB have come. With this flag it
 * looks at the whole: mapping and unmapping 100 MB then takes 7 µs instead of 5 ms (measured on Node.js 24).
 */
const COUNT_AS_A_WHOLE = '--external-memory-accounted-in-global-limit';
let isCountedAsAWhole = false;

function mapped(bytes: number, result: ArrayBuffer | OrErrno): ArrayBuffer {
  return typeof result === 'number' ? (checked(bytes, 'mmap', result) as never) : result;
}

function checked(bytes: number, call: string, result: OrErrno): number {
  if (result >= 0) return result;
  throw noMemory(bytes, `${call}: ${getSystemErrorName(result)}`);
}

function noMemory(bytes: number, why: string): RolecallError {
  return new RolecallError('ERR_SHARED_MEMORY', `Cannot keep ${bytes} bytes in shared memory: ${why}`);
}

function addonFor(bytes: number): Bindings {
  const { addon, missing } = loadAddon();
  if (!isCountedAsAWhole) setFlagsFromString(COUNT_AS_A_WHOLE);
  isCountedAsAWhole = true;
  if (addon !== null) return addon;
  throw noMemory(bytes, `that needs the addon of this package, and ${missing}`);
}

function cannotOpen({ pid, bytes }: MemoryTicket, why: string): RolecallError {
  return new RolecallError('ERR_SHARED_MEMORY', `Cannot open ${bytes} bytes in the memory of process ${pid}: ${why}`);
}
