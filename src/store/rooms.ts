/**
 * Memory for large values that are being encoded: they are written straight to where others can read them. In a thread that can be
 * ended from outside at any time, each descriptor stands in a table that its process sees too, until somebody has taken it over:
 * descriptors belong to the process, and would outlive the thread.
 */
import { closeMemory, hasSharedMemory, openPoolRoom, openRoom, type Room } from '../native/memfd.ts';
import { isReference } from '../protocol/reference.ts';
import { ticketIn } from '../values/referenced.ts';
import { referenceTo, SHARED_FROM_BYTES } from './shared-values.ts';

/** Descriptors that a thread has made and nobody has taken over; 0 is a free place. */
export type MemoryTable = Int32Array<SharedArrayBuffer>;

/** Values under way at once from one thread; further ones go over the heap. */
const PLACES = 64;

export function newMemoryTable(): MemoryTable {
  return new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT));
}

/** Takes over what a value of that thread refers to. */
export function takeOver(table: MemoryTable, value: Uint8Array): void {
  if (!isReference(value)) return;
  const place = table.indexOf(ticketIn(value).descriptor);
  if (place >= 0) Atomics.store(table, place, 0);
}

/** The thread has ended: gives up what nobody took over. */
export function closeAll(table: MemoryTable): void {
  for (let place = 0; place < table.length; place++) {
    const descriptor = Atomics.exchange(table, place, 0);
    if (descriptor > 0) closeMemory({ descriptor });
  }
}

export class Rooms {
  readonly #table: MemoryTable | undefined;
  /** Being filled, by its memory. */
  readonly #open = new Map<ArrayBufferLike, { readonly room: Room; readonly place: number }>();

  /** @param table where descriptors are listed, if the caller may be ended from outside. */
  constructor(table?: MemoryTable) {
    this.#table = table;
  }

  /** For a codec: memory of exactly so many bytes, on the heap unless it is worth sharing and there is room. */
  readonly allocate = (bytes: number): ArrayBufferLike => {
    const place = this.#table?.indexOf(0) ?? 0;
    if (bytes < SHARED_FROM_BYTES || place < 0 || !hasSharedMemory()) return new ArrayBuffer(bytes);
    try {
      const room = openPoolRoom(bytes) ?? openRoom(bytes);
      this.#list(place, room.descriptor);
      this.#open.set(room.buffer, { room, place });
      return room.buffer;
    } catch {
      return new ArrayBuffer(bytes); // there is no room: the heap has some, or says so
    }
  };

  /** What the codec made: if it lies in shared memory, a reference to it. Whoever keeps that takes it over. */
  sealed(encoded: Uint8Array): Uint8Array {
    const opened = this.#open.get(encoded.buffer);
    if (opened === undefined) return encoded;
    const reference = referenceTo(opened.room.seal());
    this.#open.delete(encoded.buffer);
    return reference;
  }

  /** Gives up what was made room for and not sealed, because encoding failed. */
  discard(): void {
    for (const { room, place } of this.#open.values()) {
      room.discard();
      this.#list(place, 0);
    }
    this.#open.clear();
  }

  #list(place: number, descriptor: number): void {
    if (this.#table !== undefined) Atomics.store(this.#table, place, descriptor);
  }
}
