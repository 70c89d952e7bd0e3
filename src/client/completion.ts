import { withDeadline } from './deadline.ts';
import { type Future, POINTS_TO } from './future.ts';

/** A future that has ended, and how. */
export type Completed<T> =
  | { readonly index: number; readonly future: Future<T>; readonly status: 'finished'; readonly value: T }
  | {
      readonly index: number;
      readonly future: Future<T>;
      readonly status: 'error' | 'cancelled' | 'released';
      readonly error: unknown;
    };

export interface WaitOptions {
  /** When to return. @default 'all' */
  readonly until?: 'all' | 'first';
  /** @default no limit */
  readonly timeoutMs?: number;
}

export interface Waiting<T> {
  readonly done: readonly Future<T>[];
  readonly pending: readonly Future<T>[];
}

/** Yields futures in the order in which they end; `index` is the place in the list that was given. */
export async function* asCompleted<T>(futures: Iterable<Future<T>>): AsyncIterableIterator<Completed<T>> {
  const ended: Completed<T>[] = [];
  let wake = (): void => {};
  let left = 0;
  [...futures].forEach((future, index) => {
    left++;
    const add = (completed: Completed<T>): void => {
      ended.push(completed);
      wake();
    };
    future.then(
      (value) => add({ index, future, status: 'finished', value }),
      (error: unknown) => add({ index, future, status: failedStatus(future), error }),
    );
  });
  for (; left > 0; left--) {
    if (ended.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    yield ended.shift() as Completed<T>;
  }
}

/** @throws {RolecallError} `ERR_DEADLINE` with how many have ended, or why the client cannot hear of them any more. */
export async function wait<T>(
  futures: Iterable<Future<T>>,
  { until = 'all', timeoutMs }: WaitOptions,
): Promise<Waiting<T>> {
  const all = [...futures];
  const settled = all.map((future) => {
    const { session, array, index } = future[POINTS_TO];
    return session.settled(array, index);
  });
  const isDone = (future: Future<T>): boolean => future.status !== 'pending';
  const condition: Promise<unknown> =
    until === 'first' && settled.length > 0 ? Promise.race(settled) : Promise.all(settled);
  for (const one of settled) one.catch(() => {}); // told by the condition, once
  const ended = () => `${all.filter(isDone).length} of ${all.length} tasks ended`;
  await withDeadline(condition, timeoutMs, () => `${ended()} within ${timeoutMs} ms (timeoutMs); the others go on`);
  return { done: all.filter(isDone), pending: all.filter((future) => !isDone(future)) };
}

function failedStatus(future: Future<unknown>): 'error' | 'cancelled' | 'released' {
  const { status } = future;
  return status === 'cancelled' || status === 'released' ? status : 'error';
}
