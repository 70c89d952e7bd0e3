import type { Future } from './future.ts';
import type { FutureArray } from './future-array.ts';

/** What is never looked into for futures. */
type Opaque =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | ((...args: never[]) => unknown)
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView;

/**
 * A type with every future in it replaced by what the future stands for. This is what a task is given. Types are looked into
 * six levels deep, since some contain themselves.
 */
export type Unwrapped<T, Depth extends number = 6> =
  T extends FutureArray<infer U>
    ? U[]
    : T extends Future<infer U>
      ? U
      : T extends Opaque
        ? T
        : Depth extends 0
          ? T
          : T extends Map<infer K, infer V>
            ? Map<Unwrapped<K, Less[Depth]>, Unwrapped<V, Less[Depth]>>
            : T extends ReadonlySet<infer V>
              ? Set<Unwrapped<V, Less[Depth]>>
              : T extends object
                ? Unchanged<T, { [K in keyof T]: Unwrapped<T[K], Less[Depth]> }>
                : T;

type Less = readonly [0, 0, 1, 2, 3, 4, 5];

/** Where nothing was replaced the type itself stays: a mapped type would lose the private members of a class. */
type Unchanged<T, Mapped> = T extends Mapped ? T : Mapped;

/** Where a future stands. */
export type FutureStatus = 'pending' | 'finished' | 'error' | 'cancelled' | 'released';

/** What `client.with` understands. */
export interface WithOptions {
  /** Names (ranks) or hosts of the only workers that may run the task. */
  readonly workers?: number | string | readonly (number | string)[];
  /** `workers` is a preference, not a restriction. @default false */
  readonly allowOtherWorkers?: boolean;
  /** Further attempts after the task threw. @default 0 */
  readonly retries?: number;
  /** Higher runs first. @default 0 */
  readonly priority?: number;
  /** An attempt that runs longer fails with `ERR_DEADLINE` and is stopped. @default no limit */
  readonly timeoutMs?: number;
  /** What the task is called in messages. @default the name of the function */
  readonly name?: string;
}

/** Facts about the failed task, found on every error that a task threw, as `error.task`. */
export interface FailedTask {
  readonly name: string;
  /** Name of the worker (its rank), empty if none was involved. */
  readonly worker: string;
  /** 0 for the first attempt. */
  readonly attempt: number;
}
