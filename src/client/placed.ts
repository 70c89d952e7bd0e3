/**
 * Large arguments do not go through the scheduler: they are put on workers, as `scatter` does, and a future stands in their
 * place. Two workers get them, so that the loss of one does not fail the tasks.
 */
import type { Future } from './future.ts';

/** From this size on. */
export const PLACED_FROM_BYTES = 1 << 20;
export const PLACED_COPIES = 2;

/** The arguments of one call. When it is disposed, which must be after the tasks were sent, only the tasks hold what was placed. */
export class PlacedArguments implements Disposable {
  readonly #scatter: (value: unknown) => Future<unknown>;
  readonly #futures: Future<unknown>[] = [];

  constructor(scatter: (value: unknown) => Future<unknown>) {
    this.#scatter = scatter;
  }

  /** The argument, or what stands in its place: buffers and views on them are looked at, not what is inside of other objects. */
  placed(value: unknown): unknown {
    const isBuffer = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
    if (!isBuffer || value.byteLength < PLACED_FROM_BYTES) return value;
    const future = this.#scatter(value);
    this.#futures.push(future);
    return future;
  }

  [Symbol.dispose](): void {
    for (const future of this.#futures) future.release();
  }
}
