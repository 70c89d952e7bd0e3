/**
 * All values of an array as a list. Values are decoded as they arrive, a stretch at a time, so that a million of them do
 * not stop the event loop when the last one comes.
 */
import { errorOf } from './failure.ts';
import type { Session } from './session.ts';
import type { ClientArray } from './task-array.ts';
import { FINISHED } from './task-states.ts';

/** Decoded without a pause: some milliseconds of small values. */
const AT_ONCE = 5_000;
/** Asked of a worker at once; it sends as many as make a message of a sensible size. */
const FETCHED = 20_000;

export function gatherValues(session: Session, array: ClientArray): Promise<unknown[]> {
  return new Gathering(session, array).values();
}

class Gathering {
  readonly #session: Session;
  readonly #array: ClientArray;
  readonly #values: unknown[];
  readonly #decoded: Uint8Array;
  #missing: number;
  #sincePause = 0;

  constructor(session: Session, array: ClientArray) {
    this.#session = session;
    this.#array = array;
    this.#values = new Array(array.count);
    this.#decoded = new Uint8Array(array.count);
    this.#missing = array.count;
  }

  async values(): Promise<unknown[]> {
    const array = this.#array;
    const changed: [start: number, count: number][] = [[0, array.count]];
    let wake = (): void => {};
    const listener = (start: number, count: number): void => {
      changed.push([start, count]);
      wake();
    };
    array.listeners.add(listener);
    try {
      while (this.#missing > 0) {
        const next = changed.shift();
        if (next !== undefined) await this.#take(...next);
        else {
          await this.#session.waits.add((resolve) => {
            wake = resolve;
            return () => {};
          });
        }
      }
    } finally {
      array.listeners.delete(listener);
    }
    return this.#values;
  }

  /** Takes what is finished of a stretch of tasks, and fetches what is elsewhere. */
  async #take(start: number, count: number): Promise<void> {
    const array = this.#array;
    const [failure] = array.failures.values();
    if (failure !== undefined) throw await errorOf(this.#session.codec, failure);
    if (array.released.size > 0) await this.#session.value(array, array.released.first()); // rejects, saying so
    for (let i = start; i < start + count; i++) {
      if (this.#decoded[i] === 1 || array.statuses[i] !== FINISHED) continue;
      if (array.bytesOf(i) === undefined) await this.#fetchFrom(i);
      const bytes = array.bytesOf(i);
      if (bytes === undefined) continue; // lost meanwhile: it will change again
      const decoding = this.#decode(i, bytes);
      if (decoding !== undefined) await decoding;
      if (++this.#sincePause % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #decode(index: number, bytes: Uint8Array): Promise<void> | undefined {
    const { codec } = this.#session;
    const take = (): void => {
      this.#values[index] = codec.decode(bytes);
      this.#decoded[index] = 1;
      this.#missing--;
    };
    const prepared = codec.prepare(bytes);
    if (prepared !== undefined) return prepared.then(take);
    take();
    return undefined;
  }

  /** Fetches a value and the following ones that the same worker holds. */
  async #fetchFrom(start: number): Promise<void> {
    const array = this.#array;
    const holder = array.holders[start];
    let end = start + 1;
    while (end < array.count && end - start < FETCHED && this.#isAt(end, holder)) end++;
    await this.#session.fetchRange(array, start, end - start);
  }

  #isAt(index: number, holder: number | undefined): boolean {
    const array = this.#array;
    return array.statuses[index] === FINISHED && array.holders[index] === holder && array.bytesOf(index) === undefined;
  }
}
