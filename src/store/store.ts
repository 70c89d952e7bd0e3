import type { ArrayId } from '../protocol/ids.ts';
import { type PackedValues, packedValue } from '../protocol/packed.ts';
import { Ranges } from '../protocol/ranges.ts';
import { isReference } from '../protocol/reference.ts';

/** Where a process keeps values, as bytes. Everything is synchronous: what is not here at once is not here. */
export interface Store {
  /** Keeps the values of tasks `start, start + 1, …`, in the place of what is there already. */
  add(array: ArrayId, start: number, values: PackedValues): void;
  /** The bytes of one value. They must not be changed. */
  get(array: ArrayId, index: number): Uint8Array | undefined;
  hasAll(array: ArrayId, start: number, count: number): boolean;
  /** Deletes values; `null`: all of the array. */
  delete(array: ArrayId, ranges: Ranges | null): void;
  /** Bytes of all blocks kept, with those of values that were deleted out of them. */
  readonly byteLength: number;
}

interface Block {
  readonly start: number;
  readonly values: PackedValues;
  /** The tasks whose values are still kept here. */
  readonly kept: Ranges;
}

interface StoredArray {
  /** Sorted by `start`. Each value is kept in one block at most. */
  readonly blocks: Block[];
  readonly present: Ranges;
  /** How many values the longest block ever had. */
  longest: number;
}

/** Values on the heap of the process. A block of values that came together is kept together until all of it is deleted. */
export class HeapStore implements Store {
  readonly #arrays = new Map<ArrayId, StoredArray>();
  readonly #dropped: (block: PackedValues) => void;
  #bytes = 0;
  #blocks = 0;

  /** @param dropped told of each block that is not kept any more. */
  constructor(dropped: (block: PackedValues) => void = () => {}) {
    this.#dropped = dropped;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  /** How many blocks are kept. Each takes some hundred bytes besides. */
  get blocks(): number {
    return this.#blocks;
  }

  add(array: ArrayId, start: number, values: PackedValues): void {
    const count = values.ends.length;
    if (count === 0) return;
    const added = Ranges.of(start, count);
    if (this.#arrays.get(array)?.present.touches(start, count)) this.delete(array, added);
    const stored = this.#arrays.get(array) ?? { blocks: [], present: new Ranges(), longest: 0 };
    this.#arrays.set(array, stored);
    stored.present.add(start, count);
    stored.longest = Math.max(stored.longest, count);
    stored.blocks.splice(firstAfter(stored.blocks, start), 0, { start, values, kept: added });
    this.#bytes += values.bytes.byteLength;
    this.#blocks++;
  }

  get(array: ArrayId, index: number): Uint8Array | undefined {
    const stored = this.#arrays.get(array);
    if (stored === undefined || !stored.present.has(index)) return undefined;
    for (let at = firstAfter(stored.blocks, index) - 1; at >= 0; at--) {
      const block = stored.blocks[at] as Block;
      if (block.kept.has(index)) return packedValue(block.values, index - block.start);
    }
    return undefined;
  }

  hasAll(array: ArrayId, start: number, count: number): boolean {
    return this.#arrays.get(array)?.present.covers(start, count) ?? false;
  }

  delete(array: ArrayId, ranges: Ranges | null): void {
    const stored = this.#arrays.get(array);
    if (stored === undefined) return;
    for (const [start, count] of (ranges ?? Ranges.of(0, stored.present.end())).pairs()) {
      stored.present.remove(start, count);
      this.#deleteFromBlocks(stored, start, count);
    }
    if (stored.present.size === 0) this.#arrays.delete(array);
  }

  #deleteFromBlocks({ blocks, longest }: StoredArray, start: number, count: number): void {
    for (let at = firstAfter(blocks, start + count - 1) - 1; at >= 0; at--) {
      const block = blocks[at] as Block;
      if (block.start + longest <= start) return;
      block.kept.remove(start, count);
      if (block.kept.size > 0) continue;
      blocks.splice(at, 1);
      this.#bytes -= block.values.bytes.byteLength;
      this.#blocks--;
      this.#dropped(block.values);
    }
  }
}

/**
 * The values of tasks `start … start + count` as one packed list, or undefined if one is not here. With `mostBytes`, as many of
 * them from the first on as come to about so much, but at least one, and a reference alone.
 */
export function packStored(
  store: Store,
  array: ArrayId,
  range: { readonly start: number; readonly count: number },
  mostBytes = Number.POSITIVE_INFINITY,
): PackedValues | undefined {
  const { start, count } = range;
  if (!store.hasAll(array, start, count)) return undefined;
  const isLimited = mostBytes !== Number.POSITIVE_INFINITY;
  const found: Uint8Array[] = [];
  const ends: number[] = [];
  let total = 0;
  for (let i = 0; i < count && (i === 0 || total < mostBytes); i++) {
    const value = store.get(array, start + i) as Uint8Array;
    const isAlone = isLimited && isReference(value);
    if (isAlone && i > 0) break;
    if (isAlone) return { bytes: value, ends: Uint32Array.of(value.byteLength) };
    found.push(value);
    total += value.byteLength;
    ends.push(total);
  }
  const [only] = found;
  if (found.length === 1 && only !== undefined) return { bytes: only, ends: Uint32Array.from(ends) };
  const bytes = new Uint8Array(total);
  found.forEach((value, i) => {
    bytes.set(value, i === 0 ? 0 : ends[i - 1]);
  });
  return { bytes, ends: Uint32Array.from(ends) };
}

function firstAfter(blocks: readonly Block[], start: number): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((blocks[middle] as Block).start > start) high = middle;
    else low = middle + 1;
  }
  return low;
}
