/** State that outlives a task: made once in each slot, kept until the slot ends. */
import { randomUUID } from 'node:crypto';
import { taskStorage } from './current-task.ts';

type Disposable = { readonly [Symbol.dispose]?: () => void; readonly [Symbol.asyncDispose]?: () => PromiseLike<void> };

interface SlotState {
  /** In the order in which they were made. */
  readonly values: Map<string, unknown>;
  /** Told once, when there is the first value. */
  announce: (() => void) | undefined;
}

// Task code may import this package in another copy than the one that runs it: both must find the same values.
const SHARED = Symbol.for('rolecall.slot-state');
const shared = globalThis as { [SHARED]?: SlotState };
shared[SHARED] ??= { values: new Map(), announce: undefined };
const state: SlotState = shared[SHARED];

/** What `perWorker` gives: a way to something that each slot makes for itself. It travels with the tasks that use it. */
export class PerWorker<T> {
  /** @internal */
  readonly id: string;
  /** @internal */
  readonly init: () => T;

  constructor(init: () => T) {
    this.id = randomUUID();
    this.init = init;
  }

  /**
   * What `init` returned in this slot; the first call calls it. If it returned a promise, that is what every call gives. If it
   * throws or rejects, the task fails with that error, and the next call tries again.
   */
  get(): T {
    const { id, init } = this;
    if (state.values.has(id)) return state.values.get(id) as T;
    const value = taskStorage.exit(init); // it belongs to the slot, not to the task that happens to be the first
    state.values.set(id, value);
    if (value instanceof Promise) value.catch(() => state.values.get(id) === value && state.values.delete(id));
    state.announce?.();
    state.announce = undefined;
    return value;
  }
}

/**
 * State that tasks share and that is dear to make: a model, a connection, a table. `init` runs once in each slot of a worker
 * (a thread, or a process), when a task first asks for it, and what it returns is kept for the tasks after.
 *
 *     const db = perWorker(() => openDatabase('cities.db'))
 *     await client.map((id) => db.get().find(id), ids)
 *
 * When the worker ends in order, what has `Symbol.asyncDispose` or `Symbol.dispose` is disposed, the last made first; for all
 * together there is a second. A slot that is ended by force (a crash, a cancelled task that does not stop) disposes nothing.
 *
 * @param init called without arguments, outside any task; travels like a task function
 */
export function perWorker<T>(init: () => T): PerWorker<T> {
  return new PerWorker(init);
}

/** Calls `announce` when this slot first has something to keep. */
export function onSlotState(announce: () => void): void {
  state.announce = announce;
}

/** Disposes what this slot keeps. What fails there is told on its standard error, and keeps nothing else from it. */
export async function disposeSlotState(): Promise<void> {
  const values = [...state.values.values()].reverse();
  state.values.clear();
  for (const value of values) {
    try {
      const made = (await value) as Disposable | null | undefined;
      if (made?.[Symbol.asyncDispose] !== undefined) await made[Symbol.asyncDispose]?.();
      else made?.[Symbol.dispose]?.();
    } catch (error) {
      process.stderr.write(`cannot dispose what perWorker kept: ${String(error)}\n`);
    }
  }
}
