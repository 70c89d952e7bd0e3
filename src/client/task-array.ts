/**
 * What the client knows of a task array it submitted: where each task stands, and the values that rode along. Futures look
 * here; they hold nothing themselves, so that one that is not needed any more can be collected.
 */
import type { FunctionHash, WorkerId } from '../protocol/ids.ts';
import { Ranges } from '../protocol/ranges.ts';
import { closeReferenced } from '../store/shared-values.ts';
import { HeapStore } from '../store/store.ts';
import { CANCELLED, FAILED, PENDING } from './task-states.ts';
import type { FutureStatus } from './types.ts';

const STATUS: readonly FutureStatus[] = ['pending', 'finished', 'error', 'cancelled'];

export interface Failure {
  readonly code: string | null;
  readonly error: Uint8Array;
  readonly task: string;
  readonly worker: string;
  readonly attempt: number;
}

/** Told of every change, in stretches of tasks. */
export type Listener = (start: number, count: number) => void;

/** Values are kept under this name in the store of an array. */
const OWN = 0;

export class ClientArray {
  /** The client's own number for it. */
  readonly sequence: number;
  readonly count: number;
  readonly name: string;
  readonly fn: FunctionHash | null;
  readonly statuses: Uint8Array;
  readonly holders: Int32Array;
  readonly failures = new Map<number, Failure>();
  readonly released = new Ranges();
  readonly listeners = new Set<Listener>();
  /** Told once when their task is settled or released. */
  readonly #waiters = new Map<number, Set<() => void>>();
  /** Futures and future arrays that the program can still reach. */
  handles = 0;
  settled = 0;
  valuesWanted = false;
  /** Of a large value, a reference to it, or the memory that it came in. */
  readonly #values = new HeapStore(closeReferenced);

  constructor(about: {
    readonly sequence: number;
    readonly count: number;
    readonly name: string;
    readonly fn: FunctionHash | null;
  }) {
    this.sequence = about.sequence;
    this.count = about.count;
    this.name = about.name;
    this.fn = about.fn;
    this.statuses = new Uint8Array(about.count);
    this.holders = new Int32Array(about.count).fill(-1);
  }

  status(index: number): FutureStatus {
    if (this.released.has(index)) return 'released';
    return STATUS[this.statuses[index] as number] as FutureStatus;
  }

  /** It has a value or an error, or was released: nothing more will come of it. */
  isSettled(index: number): boolean {
    return this.statuses[index] !== PENDING || this.released.has(index);
  }

  /** How many tasks may still come to an end that somebody waits for. */
  pending(): number {
    if (this.released.size === 0) return this.count - this.settled;
    let count = 0;
    for (let i = 0; i < this.count; i++) if (!this.isSettled(i)) count++;
    return count;
  }

  /** The value as bytes, if it is here. */
  bytesOf(index: number): Uint8Array | undefined {
    const bytes = this.#values.get(OWN, index);
    return bytes === undefined || bytes.byteLength === 0 ? undefined : bytes;
  }

  keep(start: number, values: { readonly bytes: Uint8Array; readonly ends: Uint32Array }): void {
    this.#values.add(OWN, start, values);
  }

  /** Gives up the values that are here; futures keep their states. */
  dropValues(): void {
    this.#values.delete(OWN, null);
  }

  forget(ranges: Ranges): void {
    this.#values.delete(OWN, ranges);
    for (const [start, count] of ranges.pairs()) {
      this.released.add(start, count);
      this.#tell(start, count);
    }
  }

  /** Calls `settled` once the task has a value or an error, or was released. Returns how to stop that. */
  onSettled(index: number, settled: () => void): () => void {
    const waiters = this.#waiters.get(index) ?? new Set();
    this.#waiters.set(index, waiters.add(settled));
    return () => {
      waiters.delete(settled);
      if (waiters.size === 0) this.#waiters.delete(index);
    };
  }

  /** Moves tasks to a status and tells whoever listens. Tasks that were cancelled here stay so. */
  move(start: number, count: number, status: number, holder: WorkerId = -1): void {
    const end = Math.min(start + count, this.count);
    for (let i = start; i < end; i++) {
      const before = this.statuses[i] as number;
      if (before === CANCELLED && status !== PENDING) continue;
      if (before === PENDING && status !== PENDING) this.settled++;
      if (before !== PENDING && status === PENDING) this.settled--;
      if (status < FAILED) this.failures.delete(i);
      this.statuses[i] = status;
      this.holders[i] = holder;
    }
    this.#tell(start, end - start);
  }

  #tell(start: number, count: number): void {
    if (this.#waiters.size > 0) {
      for (let i = start; i < start + count; i++) {
        if (this.isSettled(i)) for (const waiter of this.#waiters.get(i) ?? []) waiter();
      }
    }
    for (const listener of [...this.listeners]) listener(start, count);
  }
}
