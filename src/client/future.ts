import { INSPECT, type Inspect } from '../inspect.ts';
import { Ranges } from '../protocol/ranges.ts';
import { HANDLE } from '../values/handle.ts';
import { withDeadline } from './deadline.ts';
import { holdArray } from './handles.ts';
import type { Session } from './session.ts';
import type { ClientArray } from './task-array.ts';
import type { FutureStatus } from './types.ts';

/** Where a future points to; for this package only. */
export const POINTS_TO = Symbol('rolecall.points-to');

/**
 * The result of a task that may not have run yet. It is there at once, can be given to other tasks as an argument, and
 * can be awaited:
 *
 *     const total = client.submit(sum, parts)
 *     console.log(await total)
 *
 * A value stays on its worker until somebody waits for it or gives it to a task. When the last way to reach it is gone, it is
 * deleted there; `using` or `release` do so at once. A future must not travel inside a promise: `return` it from an async function in an
 * object, else the promise waits for it and downloads the value.
 */
export class Future<T> implements PromiseLike<T>, Disposable {
  readonly #session: Session;
  readonly #array: ClientArray;
  readonly #index: number;
  #value: Promise<T> | undefined;

  /** @internal */
  constructor(session: Session, array: ClientArray, index: number) {
    this.#session = session;
    this.#array = array;
    this.#index = index;
    holdArray(this, { session, array });
  }

  get [HANDLE](): true {
    return true;
  }

  /** @internal */
  get [POINTS_TO](): { readonly session: Session; readonly array: ClientArray; readonly index: number } {
    return { session: this.#session, array: this.#array, index: this.#index };
  }

  /** What the task is called in messages: the function's name, and the index if it is one of several. */
  get name(): string {
    return this.#array.count === 1 ? this.#array.name : `${this.#array.name}[${this.#index}]`;
  }

  /** Where the task stands, as far as this process has heard. */
  get status(): FutureStatus {
    return this.#array.status(this.#index);
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return `Future ${inspect({ name: this.name, status: this.status }, options)}`;
  }

  /**
   * Waits for the value. Rejects with the task's own error, which has `task` (name, worker, attempt) on it, or with a `RolecallError`:
   * `ERR_CANCELLED`, `ERR_FUTURE_RELEASED`, `ERR_WORKER_LOST`, `ERR_NO_WORKERS`, `ERR_DATA_LOST`, `ERR_SCHEDULER_LOST`, `ERR_CLIENT_CLOSED`.
   */
  // biome-ignore lint/suspicious/noThenProperty: being awaitable is what a future is for
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#session.want(this.#array);
    this.#value ??= this.#session.value(this.#array, this.#index) as Promise<T>;
    // The callbacks hold on to this future until then: what waits must not be released.
    return this.#value.then(
      (value) => this.#done(onValue, value) as A | PromiseLike<A>,
      (error) => this.#failed(onError, error) as B | PromiseLike<B>,
    );
  }

  /** As `then`, for errors only. */
  catch<B = never>(onError: (error: unknown) => B | PromiseLike<B>): Promise<T | B> {
    return this.then(undefined, onError);
  }

  /** As `then`, for both ends alike. */
  finally(onEnd: () => void): Promise<T> {
    return this.then().finally(onEnd);
  }

  /**
   * Waits for the value, but no longer than `timeoutMs`; the task goes on.
   *
   * @throws {RolecallError} `ERR_DEADLINE` if it took longer; else as `then`.
   */
  async result({ timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<T> {
    const late = () =>
      `The result of \`${this.name}\` did not come within ${timeoutMs} ms (timeoutMs); the task goes on`;
    return withDeadline(this.then(), timeoutMs, late);
  }

  /** Calls `callback` once, when the task has a value or an error, or was released. The value is not downloaded for it. */
  onDone(callback: (future: this) => void): void {
    this.#session.settled(this.#array, this.#index).then(
      () => callback(this),
      () => callback(this),
    );
  }

  /** Stops the task if it has not ended: its signal fires, and if it does not stop then, its thread is ended. */
  cancel(): void {
    this.#session.cancel(this.#array, Ranges.of(this.#index, 1));
    this.#value = undefined;
  }

  /** Runs a failed or cancelled task again, with what it needs if that failed. */
  retry(): void {
    this.#value = undefined;
    this.#session.retry(this.#array, Ranges.of(this.#index, 1));
  }

  /** Gives the value up: it is deleted, and the task is stopped, unless another task needs it. Using the future after that is an error. */
  release(): void {
    this.#session.release(this.#array, Ranges.of(this.#index, 1));
  }

  /** `release`, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  #done<A>(onValue: ((value: T) => A | PromiseLike<A>) | null | undefined, value: T): A | PromiseLike<A> | T {
    return onValue ? onValue(value) : value;
  }

  #failed<B>(onError: ((error: unknown) => B | PromiseLike<B>) | null | undefined, error: unknown): B | PromiseLike<B> {
    if (onError) return onError(error);
    throw error;
  }
}
