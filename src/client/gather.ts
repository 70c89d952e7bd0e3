import { isHandle } from '../values/handle.ts';
import type { Unwrapped } from './types.ts';

export interface GatherOptions {
  /** What to do about failed tasks: reject with the first error, or leave them out of lists (elsewhere they become null). @default 'raise' */
  readonly errors?: 'raise' | 'skip';
}

const SKIPPED = Symbol('skipped');

/** Replaces all futures in arrays, plain objects, Maps and Sets, however deep, by their values. */
export async function gather<T>(value: T, { errors = 'raise' }: GatherOptions): Promise<Unwrapped<T>> {
  const found = await gatherAny(value, errors === 'skip');
  return (found === SKIPPED ? null : found) as Unwrapped<T>;
}

async function gatherAny(value: unknown, skip: boolean): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (isHandle(value)) return gatherHandle(value as unknown as PromiseLike<unknown>, skip);
  if (Array.isArray(value)) return gatherList(value, skip);
  if (value instanceof Set) return new Set(await gatherList([...value], skip));
  if (value instanceof Map) return new Map((await gatherEntries([...value], skip)) as [unknown, unknown][]);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(await gatherEntries(Object.entries(value), skip));
}

async function gatherHandle(handle: PromiseLike<unknown>, skip: boolean): Promise<unknown> {
  if (!skip) return handle;
  const list = handle as PromiseLike<unknown> & { toArray?: () => PromiseLike<unknown>[] };
  if (list.toArray !== undefined) return gatherList(list.toArray(), skip);
  return handle.then(
    (value) => value,
    () => SKIPPED,
  );
}

async function gatherList(values: readonly unknown[], skip: boolean): Promise<unknown[]> {
  const gathered = await Promise.all(values.map((value) => gatherAny(value, skip)));
  return gathered.filter((value) => value !== SKIPPED);
}

async function gatherEntries<K>(entries: readonly (readonly [K, unknown])[], skip: boolean): Promise<[K, unknown][]> {
  return Promise.all(
    entries.map(async ([key, value]): Promise<[K, unknown]> => {
      const gathered = await gatherAny(value, skip);
      return [key, gathered === SKIPPED ? null : gathered];
    }),
  );
}
