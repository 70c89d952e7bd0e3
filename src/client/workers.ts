import type { WorkerInfo } from '../protocol/messages.ts';
import type { Waits } from './waits.ts';

/** The workers that have joined and not been lost, as far as the client has heard. */
export class Workers {
  readonly #byId = new Map<number, WorkerInfo>();
  readonly #listeners = new Set<() => void>();
  readonly #waits: Waits;
  #next = 0;

  constructor(waits: Waits) {
    this.#waits = waits;
  }

  get size(): number {
    return this.#byId.size;
  }

  get all(): ReadonlyMap<number, WorkerInfo> {
    return this.#byId;
  }

  changed(joined: readonly WorkerInfo[], left: readonly number[]): void {
    for (const worker of joined) this.#byId.set(worker.id, worker);
    for (const id of left) this.#byId.delete(id);
    for (const listener of [...this.#listeners]) listener();
  }

  /** One after the other in turn, so that values are spread. There must be one. */
  next(): number {
    const ids = [...this.#byId.keys()];
    return ids[this.#next++ % ids.length] as number;
  }

  /** Resolves when at least so many have joined. */
  untilAtLeast(count: number): Promise<void> {
    return this.#until(() => this.size >= count);
  }

  untilGone(id: number): Promise<void> {
    return this.#until(() => !this.#byId.has(id));
  }

  #until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return this.#waits.add((resolve) => {
      const listener = (): void => {
        if (holds()) resolve();
      };
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    });
  }
}
