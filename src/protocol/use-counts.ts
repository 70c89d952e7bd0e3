/**
 * Counts the task arrays that use each function: it is sent with the first and forgotten with the last. Client, scheduler and worker count
 * for themselves and stay in step, because they hear of arrays in the same order.
 */
export class UseCounts<K> {
  readonly #counts = new Map<K, number>();

  /** True for the first user. */
  add(key: K): boolean {
    const users = this.get(key);
    this.#counts.set(key, users + 1);
    return users === 0;
  }

  /** True for the last user. */
  remove(key: K): boolean {
    const users = this.get(key) - 1;
    if (users > 0) this.#counts.set(key, users);
    else this.#counts.delete(key);
    return users <= 0;
  }

  get(key: K): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Things that have users. */
  get size(): number {
    return this.#counts.size;
  }

  keys(): IterableIterator<K> {
    return this.#counts.keys();
  }
}
