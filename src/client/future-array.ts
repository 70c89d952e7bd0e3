import { INSPECT, type Inspect } from '../inspect.ts';
import { Ranges } from '../protocol/ranges.ts';
import { HANDLE } from '../values/handle.ts';
import { Future, POINTS_TO } from './future.ts';
import { gatherValues } from './gather-values.ts';
import { holdArray } from './handles.ts';
import type { Session } from './session.ts';
import type { ClientArray } from './task-array.ts';
import { CANCELLED, FAILED, FINISHED } from './task-states.ts';
import type { FutureStatus } from './types.ts';

/** How many tasks stand where. */
export type StatusCounts = Readonly<Record<Exclude<FutureStatus, 'released'>, number>>;

/**
 * The results of a `map`: a read-only array of futures, made when they are asked for, and awaitable to all values as a
 * list. Given to a task as an argument it stands for that list, and costs as much as one future.
 */
export interface FutureArray<T> extends PromiseLike<T[]>, Disposable, Iterable<Future<T>> {
  readonly length: number;
  readonly [index: number]: Future<T>;
  /** The future of one task; negative indices count from the end. */
  at(index: number): Future<T> | undefined;
  /** The futures as an ordinary array. */
  toArray(): Future<T>[];
  /** How many tasks stand where. */
  counts(): StatusCounts;
  readonly name: string;
  /** Calls `callback` whenever tasks change, with the counts, until all have ended. */
  onProgress(callback: (counts: StatusCounts) => void): void;
  catch<B = never>(onError: (error: unknown) => B | PromiseLike<B>): Promise<T[] | B>;
  finally(onEnd: () => void): Promise<T[]>;
  cancel(): void;
  retry(): void;
  release(): void;
}

class FutureList<T> implements PromiseLike<T[]> {
  readonly #session: Session;
  readonly #array: ClientArray;
  readonly #futures = new Map<number, WeakRef<Future<T>>>();
  #values: Promise<T[]> | undefined;

  constructor(session: Session, array: ClientArray) {
    this.#session = session;
    this.#array = array;
    holdArray(this, { session, array });
  }

  get [HANDLE](): true {
    return true;
  }

  get [POINTS_TO](): { readonly session: Session; readonly array: ClientArray; readonly index: null } {
    return { session: this.#session, array: this.#array, index: null };
  }

  get name(): string {
    return this.#array.name;
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return `FutureArray(${this.length}) ${inspect({ name: this.name, ...this.counts() }, options)}`;
  }

  get length(): number {
    return this.#array.count;
  }

  at(index: number): Future<T> | undefined {
    const from = index < 0 ? index + this.length : index;
    if (!Number.isInteger(from) || from < 0 || from >= this.length) return undefined;
    const known = this.#futures.get(from)?.deref();
    if (known !== undefined) return known;
    const future = new Future<T>(this.#session, this.#array, from);
    this.#futures.set(from, new WeakRef(future));
    return future;
  }

  *[Symbol.iterator](): IterableIterator<Future<T>> {
    for (let i = 0; i < this.length; i++) yield this.at(i) as Future<T>;
  }

  toArray(): Future<T>[] {
    return [...this];
  }

  counts(): StatusCounts {
    const counts = { pending: 0, finished: 0, error: 0, cancelled: 0 };
    for (const status of this.#array.statuses) {
      if (status === FINISHED) counts.finished++;
      else if (status === FAILED) counts.error++;
      else if (status === CANCELLED) counts.cancelled++;
      else counts.pending++;
    }
    return counts;
  }

  onProgress(callback: (counts: StatusCounts) => void): void {
    const array = this.#array;
    const tell = (): void => {
      if (array.settled === array.count) array.listeners.delete(tell);
      callback(this.counts());
    };
    if (array.settled < array.count) array.listeners.add(tell);
    tell();
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is what a future is for
  then<A = T[], B = never>(
    onValues?: ((values: T[]) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#session.want(this.#array);
    this.#values ??= gatherValues(this.#session, this.#array) as Promise<T[]>;
    return this.#values.then(onValues, onError).finally(() => this.#hold()); // what waits must not be released
  }

  catch<B = never>(onError: (error: unknown) => B | PromiseLike<B>): Promise<T[] | B> {
    return this.then(undefined, onError);
  }

  finally(onEnd: () => void): Promise<T[]> {
    return this.then().finally(onEnd);
  }

  cancel(): void {
    this.#values = undefined;
    this.#session.cancel(this.#array, this.#all);
  }

  retry(): void {
    this.#values = undefined;
    this.#session.retry(this.#array, this.#all);
  }

  release(): void {
    this.#session.release(this.#array, this.#all);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #hold(): void {}

  get #all(): Ranges {
    return Ranges.of(0, this.#array.count);
  }
}

/** @internal */
export function newFutureArray<T>(session: Session, array: ClientArray): FutureArray<T> {
  return new Proxy(new FutureList<T>(session, array), INDEXED) as unknown as FutureArray<T>;
}

/** Lets `array[3]` be the future of task 3. Everything else is answered by the list itself. */
const INDEXED: ProxyHandler<FutureList<unknown>> = {
  get(list, property) {
    if (typeof property === 'string' && /^\d+$/.test(property)) return list.at(Number(property));
    const value = Reflect.get(list, property, list) as unknown;
    return typeof value === 'function' ? value.bind(list) : value;
  },
  has(list, property) {
    if (typeof property === 'string' && /^\d+$/.test(property)) return Number(property) < list.length;
    return Reflect.has(list, property);
  },
  set() {
    return false;
  },
};
