/**
 * Values in the pool of DragonHPC that this process has for them, if it has one. They are used as sealed memory is (memfd.ts), by a
 * descriptor of their own; what differs is how they are kept and proved:
 *
 *  - A descriptor of the pool's file holds one value (a lock of the system's, which ends with the descriptor and all maps of it). The
 *    owner gives a value's memory back to Dragon once nobody holds it.
 *  - Behind the value stands a proof: its number, its size, and a token. The owner clears it before the memory is used again.
 *  - Nothing is sealed: whoever belongs to the same user could write to it.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, readSync, writeSync } from 'node:fs';
import { loadAddon } from './load.ts';
import type { PoolPlace } from './ticket.ts';

export interface PooledMemory {
  readonly kind: 'pool';
  /** Of this process, which must close it by `letGo`. */
  readonly descriptor: number;
  readonly bytes: number;
  readonly place: PoolPlace;
}

/** What Dragon has to find room for beside the value. */
export const PROOF_BYTES = 40;
const MAGIC = 'rolecall';
/** Longer than the pool ever takes, unless Dragon is in trouble or the machine very busy. */
const WAIT_MS = 100;

/** Room for a value, not yet proved. Undefined if there is no pool, or it is full. */
export function takePlace(bytes: number): PooledMemory | undefined {
  const room = loadAddon().addon?.valueRoom(bytes + PROOF_BYTES, WAIT_MS);
  if (!room) return undefined;
  const [descriptor, told] = room;
  const place = {
    start: Number(new DataView(told).getBigUint64(0, true)),
    number: loadAddon().addon?.valueHeld(descriptor) ?? 0,
    token: randomBytes(16).toString('base64'),
    descriptor: Buffer.from(told, 8).toString('base64'),
  };
  return { kind: 'pool', descriptor, bytes, place };
}

/** Takes memory for all of it from the system. False if there is none: then writing to it would end the process. */
export function hasPages({ descriptor, bytes, place }: PooledMemory): boolean {
  return loadAddon().addon?.valuePages(descriptor, place.start, bytes + PROOF_BYTES) === 0;
}

/** The value is complete. False if there is no memory for the proof. */
export function prove(memory: PooledMemory): boolean {
  try {
    const { descriptor, bytes, place } = memory;
    return writeSync(descriptor, proofOf(memory), 0, PROOF_BYTES, place.start + bytes) === PROOF_BYTES;
  } catch {
    return false;
  }
}

/** A value that is written at once. Undefined if there is no pool, or no room. */
export function writePooled(parts: readonly Uint8Array[]): PooledMemory | undefined {
  const memory = takePlace(parts.reduce((sum, part) => sum + part.byteLength, 0));
  if (memory === undefined) return undefined;
  let position = memory.place.start;
  try {
    for (const part of parts) {
      for (let done = 0; done < part.byteLength; )
        done += writeSync(memory.descriptor, part, done, part.byteLength - done, position + done);
      position += part.byteLength;
    }
    if (prove(memory)) return memory;
  } catch {
    // The file system of shared memory is full.
  }
  letGo(memory.descriptor);
  return undefined;
}

/** Holds a value by a descriptor of its pool's file. Null if it is there and the right one, else why not. */
export function hold(memory: PooledMemory): string | null {
  const { descriptor, bytes, place } = memory;
  const held = loadAddon().addon?.valueHold(descriptor, place.start, place.number) ?? -1;
  if (held < 0) return 'it is being freed';
  const found = new Uint8Array(PROOF_BYTES);
  const isWhole = readSync(descriptor, found, 0, PROOF_BYTES, place.start + bytes) === PROOF_BYTES;
  return isWhole && proofOf(memory).equals(found) ? null : 'it is not there any more, or of another length';
}

/** True if a descriptor of this process still holds this value. */
export function isHeld({ descriptor, place }: PooledMemory): boolean {
  return loadAddon().addon?.valueHeld(descriptor) === place.number;
}

/** Closes any descriptor; if it holds a value of this process's pool, that is freed once nobody else holds it. */
export function letGo(descriptor: number, close: (descriptor: number) => unknown = closeSync): void {
  const { addon } = loadAddon();
  const number = addon?.valueHeld(descriptor) ?? 0;
  close(descriptor);
  if (number > 0) addon?.valueEnd(number);
}

function proofOf({ bytes, place }: PooledMemory): Buffer {
  const proof = Buffer.alloc(PROOF_BYTES);
  proof.write(MAGIC, 'latin1');
  proof.writeDoubleLE(place.number, 8);
  proof.writeDoubleLE(bytes, 16);
  proof.write(place.token, 24, 'base64');
  return proof;
}
