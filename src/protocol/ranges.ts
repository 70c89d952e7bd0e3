/**
 * Sets of task indices as sorted, disjoint, half-open ranges, so that a million tasks in the same state cost as
 * much as one. On the wire a set is the flat list `[start, count, start, count, …]`.
 */
export type WireRanges = readonly number[];

export class Ranges {
  /** Flat `[start, end, start, end, …]`, ascending, no two ranges touch. */
  readonly #bounds: number[] = [];
  #size = 0;

  static of(start: number, count: number): Ranges {
    const ranges = new Ranges();
    ranges.add(start, count);
    return ranges;
  }

  static fromWire(wire: WireRanges): Ranges {
    const ranges = new Ranges();
    for (let i = 0; i + 1 < wire.length; i += 2) ranges.add(wire[i] as number, wire[i + 1] as number);
    return ranges;
  }

  /** How many indices are in the set. */
  get size(): number {
    return this.#size;
  }

  has(index: number): boolean {
    const at = this.#firstEndAfter(index);
    return at < this.#bounds.length && (this.#bounds[at] as number) <= index;
  }

  /** True if every index from `start` on is in the set. */
  covers(start: number, count: number): boolean {
    if (count <= 0) return true;
    const at = this.#firstEndAfter(start);
    return (
      at < this.#bounds.length &&
      (this.#bounds[at] as number) <= start &&
      (this.#bounds[at + 1] as number) >= start + count
    );
  }

  /** True if any index from `start` on is in the set. */
  touches(start: number, count: number): boolean {
    const at = this.#firstEndAfter(start);
    return at < this.#bounds.length && (this.#bounds[at] as number) < start + count;
  }

  add(start: number, count: number): void {
    if (count <= 0) return;
    const end = start + count;
    const bounds = this.#bounds;
    const last = bounds.length - 1;
    if (last < 0 || start > (bounds[last] as number)) {
      bounds.push(start, end);
      this.#size += count;
      return;
    }
    const from = this.#firstEndAfter(start - 1); // the first range that touches or follows `start`
    let to = from;
    let low = start;
    let high = end;
    while (to < bounds.length && (bounds[to] as number) <= end) {
      low = Math.min(low, bounds[to] as number);
      high = Math.max(high, bounds[to + 1] as number);
      this.#size -= (bounds[to + 1] as number) - (bounds[to] as number);
      to += 2;
    }
    bounds.splice(from, to - from, low, high);
    this.#size += high - low;
  }

  remove(start: number, count: number): void {
    if (count <= 0) return;
    const end = start + count;
    const bounds = this.#bounds;
    const from = this.#firstEndAfter(start);
    let to = from;
    const kept: number[] = [];
    while (to < bounds.length && (bounds[to] as number) < end) {
      const low = bounds[to] as number;
      const high = bounds[to + 1] as number;
      this.#size -= high - low;
      if (low < start) kept.push(low, start);
      if (high > end) kept.push(end, high);
      to += 2;
    }
    if (to === from) return;
    bounds.splice(from, to - from, ...kept);
    for (let i = 0; i < kept.length; i += 2) this.#size += (kept[i + 1] as number) - (kept[i] as number);
  }

  /** The lowest index of the set, or -1. */
  first(): number {
    return this.#bounds[0] ?? -1;
  }

  /** One past the highest index of the set, or 0. */
  end(): number {
    return this.#bounds.at(-1) ?? 0;
  }

  /** The first stretch of neighbours. */
  firstRange(): { readonly start: number; readonly count: number } {
    const start = this.#bounds[0];
    const end = this.#bounds[1];
    return start === undefined || end === undefined ? { start: 0, count: 0 } : { start, count: end - start };
  }

  clear(): void {
    this.#bounds.length = 0;
    this.#size = 0;
  }

  *pairs(): IterableIterator<readonly [start: number, count: number]> {
    for (let i = 0; i < this.#bounds.length; i += 2) {
      const start = this.#bounds[i] as number;
      yield [start, (this.#bounds[i + 1] as number) - start];
    }
  }

  *indices(): IterableIterator<number> {
    for (const [start, count] of this.pairs()) for (let i = start; i < start + count; i++) yield i;
  }

  toWire(): number[] {
    const wire: number[] = [];
    for (const [start, count] of this.pairs()) wire.push(start, count);
    return wire;
  }

  /** Offset in `#bounds` of the first range whose end is greater than `index`. */
  #firstEndAfter(index: number): number {
    let low = 0;
    let high = this.#bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bounds[2 * middle + 1] as number) > index) high = middle;
      else low = middle + 1;
    }
    return 2 * low;
  }
}
