/** A client of a simulated cluster: keeps what it was told of its tasks, and knows what each of them must come to. */
import type { ClientToScheduler, Dependency, SchedulerToClient, TaskOptions } from '../../../src/protocol/messages.ts';
import { packedValue } from '../../../src/protocol/packed.ts';
import { packedBuffers, packedFromBuffers } from '../../../src/protocol/packed-buffers.ts';
import { Ranges } from '../../../src/protocol/ranges.ts';
import { taskValue } from './simulated-thread.ts';
import { decode, encode, pack } from './values.ts';

export type TaskStatus = 'pending' | 'finished' | 'failed';

export interface ClientTasks {
  readonly id: number;
  readonly count: number;
  /** The value of scattered data; else null. */
  readonly scattered: number | null;
  readonly fn: string;
  readonly constant: number;
  readonly items: readonly number[] | null;
  readonly shared: readonly Dependency[];
  readonly own: ReadonlyMap<number, readonly Dependency[]>;
  readonly zip: { readonly array: number; readonly start: number } | null;
  readonly options: TaskOptions;
  readonly statuses: TaskStatus[];
  /** Why it failed, where it is, what came along with the news. */
  readonly codes: (string | null)[];
  readonly holders: number[];
  readonly inline: (number | undefined)[];
  readonly released: Set<number>;
  readonly cancelled: Set<number>;
}

export type NewTasks = Pick<ClientTasks, 'count' | 'fn' | 'shared' | 'own' | 'zip' | 'items' | 'options'>;

export class SimulatedClient {
  readonly arrays = new Map<number, ClientTasks>();
  readonly #send: (message: ClientToScheduler) => void;
  readonly #functionUsers = new Map<string, number>();
  #nextId = 1;

  constructor(send: (message: ClientToScheduler) => void) {
    this.#send = send;
  }

  submit(about: NewTasks): ClientTasks {
    const tasks = this.#add({ ...about, constant: this.#nextId * 7, scattered: null });
    const { id: array, count, fn, shared, own, zip, options, items } = tasks;
    const users = this.#functionUsers.get(fn) ?? 0;
    this.#functionUsers.set(fn, users + 1);
    const buffers = [encode(tasks.constant)];
    if (users === 0) buffers.push(encode(0));
    if (items !== null) buffers.push(...packedBuffers(pack(items)));
    const about2 = { name: fn, fn, hasFunction: users === 0, hasItems: items !== null, options, zip };
    const needs = {
      shared: [...shared],
      own: [...own].map(([index, list]): [number, Dependency[]] => [index, [...list]]),
    };
    this.#send({ type: 'submit', array, count, ...about2, ...needs, buffers });
    return tasks;
  }

  scatter(value: number): ClientTasks {
    const options = { retries: 0, priority: 0, workers: [], allowOtherWorkers: false, timeoutMs: 0 };
    const none = { shared: [], own: new Map(), zip: null, items: null, fn: 'data', options };
    const tasks = this.#add({ ...none, count: 1, constant: 0, scattered: value });
    this.#send({ type: 'scatter', array: tasks.id, count: 1, name: 'data' });
    return tasks;
  }

  scattered(tasks: ClientTasks, worker: number): void {
    this.#send({ type: 'scattered', array: tasks.id, index: 0, worker, bytes: 4 });
  }

  scatterFailed(tasks: ClientTasks): void {
    this.#send({ type: 'scatter-failed', array: tasks.id, index: 0, buffers: [new Uint8Array()] });
  }

  want(tasks: ClientTasks): void {
    this.#send({ type: 'want', array: tasks.id });
  }

  release(tasks: ClientTasks, indices: readonly number[]): void {
    for (const index of indices) tasks.released.add(index);
    const isAll = tasks.released.size === tasks.count;
    this.#send({ type: 'release', array: tasks.id, ranges: isAll ? null : wire(indices) });
    if (!isAll) return;
    this.arrays.delete(tasks.id);
    if (tasks.scattered === null) this.#functionUsers.set(tasks.fn, (this.#functionUsers.get(tasks.fn) ?? 1) - 1);
  }

  cancel(tasks: ClientTasks, indices: readonly number[]): void {
    for (const index of indices) tasks.cancelled.add(index);
    this.#send({ type: 'cancel', array: tasks.id, ranges: wire(indices), buffers: [new Uint8Array()] });
  }

  retry(tasks: ClientTasks, indices: readonly number[]): void {
    for (const index of indices) tasks.statuses[index] = 'pending';
    this.#send({ type: 'retry', array: tasks.id, ranges: wire(indices) });
  }

  hear(message: SchedulerToClient): void {
    if (message.type === 'finished') return this.#finished(message);
    if (message.type !== 'failed' && message.type !== 'unfinished') return;
    const tasks = this.arrays.get(message.array);
    if (tasks === undefined) return;
    for (const index of Ranges.fromWire(message.ranges).indices()) {
      tasks.statuses[index] = message.type === 'failed' ? 'failed' : 'pending';
      if (message.type === 'failed') tasks.codes[index] = message.code;
    }
  }

  #finished({ array, start, count, worker, buffers }: Extract<SchedulerToClient, { type: 'finished' }>): void {
    const tasks = this.arrays.get(array);
    if (tasks === undefined) return;
    const values = buffers.length > 0 ? packedFromBuffers(buffers[0], buffers[1], count) : undefined;
    for (let i = 0; i < count; i++) {
      tasks.statuses[start + i] = 'finished';
      tasks.holders[start + i] = worker;
      const bytes = values && packedValue(values, i);
      tasks.inline[start + i] = bytes === undefined || bytes.byteLength === 0 ? undefined : decode(bytes);
    }
  }

  #add(about: NewTasks & Pick<ClientTasks, 'constant' | 'scattered'>): ClientTasks {
    const { count } = about;
    const tasks: ClientTasks = {
      ...about,
      id: this.#nextId++,
      statuses: new Array<TaskStatus>(count).fill('pending'),
      codes: new Array<string | null>(count).fill(null),
      holders: new Array<number>(count).fill(-1),
      inline: new Array<number | undefined>(count).fill(undefined),
      released: new Set(),
      cancelled: new Set(),
    };
    this.arrays.set(tasks.id, tasks);
    return tasks;
  }
}

/** What a task needs, shared with the others of its array or not. */
export function needsOf(tasks: ClientTasks, index: number): readonly Dependency[] {
  const { shared, own, zip } = tasks;
  const zipped = zip === null ? [] : [{ array: zip.array, start: zip.start + index, count: 1, whole: false }];
  return [...shared, ...zipped, ...(own.get(index) ?? [])];
}

/** Everything that was ever submitted, computed one after the other: what each task must come to. */
export class Reference {
  readonly arrays = new Map<number, ClientTasks>();
  readonly #values = new Map<string, number>();

  valueOf(tasks: ClientTasks, index: number): number {
    if (tasks.scattered !== null) return tasks.scattered;
    const key = `${tasks.id}/${index}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const needs = needsOf(tasks, index).map(({ array, start, count }) => {
      const source = this.arrays.get(array) as ClientTasks;
      return Array.from({ length: count }, (_, i) => this.valueOf(source, start + i));
    });
    const { fn, constant, items } = tasks;
    const value = taskValue({ fn, index, constant, item: items?.[index] ?? 0 }, needs);
    this.#values.set(key, value);
    return value;
  }

  /** Calls `visit` for a task and all that it was made from, once each. */
  eachAncestor(tasks: ClientTasks, index: number, visit: (tasks: ClientTasks, index: number) => void): void {
    const seen = new Set<string>();
    const walk = (array: ClientTasks, i: number): void => {
      const key = `${array.id}/${i}`;
      if (seen.has(key)) return;
      seen.add(key);
      visit(array, i);
      for (const { array: id, start, count } of needsOf(array, i)) {
        for (let j = start; j < start + count; j++) walk(this.arrays.get(id) as ClientTasks, j);
      }
    };
    walk(tasks, index);
  }
}

function wire(indices: readonly number[]): number[] {
  const ranges = new Ranges();
  for (const index of indices) ranges.add(index, 1);
  return ranges.toWire();
}
