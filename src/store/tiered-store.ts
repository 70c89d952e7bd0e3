/**
 * A store in tiers: small values on the heap, large ones in shared memory (of DragonHPC's, as long as there is a pool with room; else of
 * the system's), and from there to disk when they are more than the worker may keep. Whoever asks for a large value gets a reference,
 * whichever tier it is in.
 */
import type { ArrayId } from '../protocol/ids.ts';
import type { PackedValues } from '../protocol/packed.ts';
import type { Ranges } from '../protocol/ranges.ts';
import { referencedBytes, referenceIn } from '../protocol/reference.ts';
import { ticketIn } from '../values/referenced.ts';
import { blockOf, closeReferenced, moveToDisk } from './shared-values.ts';
import { HeapStore, type Store } from './store.ts';

/** Whether there is room, or will be when some values have gone to disk. */
export type Room =
  | { readonly kind: 'free' }
  | { readonly kind: 'soon' }
  | { readonly kind: 'none'; readonly why: string };

export interface TieredStoreOptions {
  /** Bytes that heap and shared memory may hold together; what is more goes to disk. */
  readonly memoryBytes: number;
  /** Where files go. */
  readonly spillFolder: string;
  readonly log: (text: string) => void;
}

/** Beyond so many blocks nothing is taken from outside: they would fill the heap, however small they are. */
const MOST_BLOCKS = 1_000_000;

/** A large value. */
interface Shared {
  readonly array: ArrayId;
  readonly index: number;
  readonly bytes: number;
  readonly reference: Uint8Array;
  readonly isPooled: boolean;
  tier: 'memory' | 'moving' | 'disk';
}

export class TieredStore implements Store {
  readonly #options: TieredStoreOptions;
  /** All values: small ones, and the references of large ones. */
  readonly #index: HeapStore;
  /** By descriptor, oldest first. */
  readonly #shared = new Map<number, Shared>();
  #memoryBytes = 0;
  /** Of these, in memory of DragonHPC's. */
  #poolBytes = 0;
  #diskBytes = 0;
  #moving: Promise<void> | undefined;
  /** The disk has refused: not tried again before so many bytes were freed. */
  #full = false;

  constructor(options: TieredStoreOptions) {
    this.#options = options;
    this.#index = new HeapStore((block) => this.#dropped(block));
  }

  /** Bytes of all values, whatever tier they are in. */
  get byteLength(): number {
    return this.#index.byteLength + this.#memoryBytes + this.#diskBytes;
  }

  /** Bytes by tier. */
  get tiers(): { readonly heap: number; readonly pool: number; readonly shared: number; readonly disk: number } {
    const pool = this.#poolBytes;
    return { heap: this.#index.byteLength, pool, shared: this.#memoryBytes - pool, disk: this.#diskBytes };
  }

  /**
   * Whether values may be put here from outside. What tasks make is kept in any case: they are as many as are wanted, and nobody else has
   * them.
   */
  roomToPut(): Room {
    const { memoryBytes } = this.#options;
    const inMemory = this.#index.byteLength + this.#memoryBytes;
    if (this.#index.blocks >= MOST_BLOCKS) return { kind: 'none', why: `it keeps ${MOST_BLOCKS} values already` };
    if (inMemory <= memoryBytes) return { kind: 'free' };
    if (this.#moving !== undefined) return { kind: 'soon' };
    const limit = `more than the ${Math.round(memoryBytes / 2 ** 20)} MiB that it may (memoryMb)`;
    const disk = this.#full ? 'its disk takes no more' : 'nothing of it can go to disk';
    return { kind: 'none', why: `it keeps ${limit} in memory, and ${disk}` };
  }

  /** A reference must be of this process; the store takes over what is behind it. */
  add(array: ArrayId, start: number, values: PackedValues): void {
    this.#index.add(array, start, values);
    const reference = referenceIn(values);
    if (reference !== undefined) {
      const bytes = referencedBytes(reference);
      const { descriptor, kind } = ticketIn(reference);
      const isPooled = kind === 'pool';
      this.#shared.set(descriptor, { array, index: start, bytes, reference, isPooled, tier: 'memory' });
      this.#memoryBytes += bytes;
      if (isPooled) this.#poolBytes += bytes;
    }
    this.#makeRoom();
  }

  get(array: ArrayId, index: number): Uint8Array | undefined {
    return this.#index.get(array, index);
  }

  hasAll(array: ArrayId, start: number, count: number): boolean {
    return this.#index.hasAll(array, start, count);
  }

  delete(array: ArrayId, ranges: Ranges | null): void {
    this.#index.delete(array, ranges);
  }

  /** Gives up a block that came for this store and was not added: nobody wanted it any more. */
  dropUnlessKept(block: PackedValues): void {
    const reference = referenceIn(block);
    if (reference !== undefined && !this.#shared.has(descriptorOf(reference))) closeReferenced(block);
  }

  /** Resolves when nothing is on its way to disk. */
  async settled(): Promise<void> {
    while (this.#moving !== undefined) await this.#moving;
  }

  #dropped(block: PackedValues): void {
    const reference = referenceIn(block);
    if (reference === undefined) return;
    const shared = this.#shared.get(descriptorOf(reference)) as Shared;
    this.#shared.delete(descriptorOf(reference));
    if (shared.tier === 'disk') this.#diskBytes -= shared.bytes;
    else this.#memoryBytes -= shared.bytes;
    if (shared.isPooled) this.#poolBytes -= shared.bytes;
    this.#full = false;
    closeReferenced(block);
  }

  #makeRoom(): void {
    const { memoryBytes } = this.#options;
    if (this.#moving !== undefined || this.#full || this.#index.byteLength + this.#memoryBytes <= memoryBytes) return;
    const oldest = this.#oldestInMemory();
    if (oldest === undefined) return;
    this.#moving = this.#move(oldest).finally(() => {
      this.#moving = undefined;
      this.#makeRoom();
    });
  }

  async #move(shared: Shared): Promise<void> {
    shared.tier = 'moving';
    try {
      const reference = await moveToDisk(shared.reference, this.#options.spillFolder);
      const isKept = this.#shared.get(descriptorOf(shared.reference)) === shared; // it may have been deleted meanwhile
      if (!isKept) return closeReferenced(blockOf(reference));
      this.#replace(shared, reference);
    } catch (error) {
      shared.tier = 'memory';
      this.#full = true;
      this.#options.log(`keeps more in memory than it should: ${(error as Error).message}`);
    }
  }

  /** The same value under another reference. */
  #replace(shared: Shared, reference: Uint8Array): void {
    const { array, index, bytes } = shared;
    this.#index.add(array, index, blockOf(reference)); // drops the block with the old one
    this.#shared.set(descriptorOf(reference), { array, index, bytes, reference, isPooled: false, tier: 'disk' });
    this.#diskBytes += bytes;
  }

  #oldestInMemory(): Shared | undefined {
    for (const shared of this.#shared.values()) if (shared.tier === 'memory') return shared;
    return undefined;
  }
}

function descriptorOf(reference: Uint8Array): number {
  return ticketIn(reference).descriptor;
}
