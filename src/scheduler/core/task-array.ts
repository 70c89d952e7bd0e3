/**
 * A task array: what one `submit`, `map` or `scatter` made. A submit is an array of one, so that there is one mechanism.
 *
 * What differs from task to task is kept in columns (typed arrays), 16 bytes a task; what only few tasks have is kept
 * in maps. `moveTasks` is the only writer of `kinds`, and keeps the counters true.
 */
import type { ArrayId, ClientId, FunctionHash, WorkerId } from '../../protocol/ids.ts';
import type { Dependency, TaskOptions } from '../../protocol/messages.ts';
import type { PackedValues } from '../../protocol/packed.ts';
import { Ranges } from '../../protocol/ranges.ts';

/** How to compute the tasks of an array. Scattered arrays have none: nobody can make their values again. */
export interface TaskSpec {
  readonly fn: FunctionHash;
  readonly constants: Uint8Array;
  readonly items: PackedValues | null;
  readonly options: TaskOptions;
}

export interface TaskFailure {
  readonly code: string | null;
  readonly error: Uint8Array;
  /** The task that really failed: the task itself, or what it depended on. */
  readonly task: string;
  readonly worker: string;
  readonly attempt: number;
}

/** Who needs a value: one task (`index`), or all tasks of an array alike (`index: null`). */
export interface Consumer {
  readonly array: TaskArray;
  readonly index: number | null;
}

export interface Consumers {
  readonly members: Set<Consumer>;
  /** How many of them have not settled, so that they need the value. */
  needing: number;
}

export interface TaskArray {
  readonly id: ArrayId;
  readonly client: ClientId;
  readonly count: number;
  readonly name: string;
  readonly spec: TaskSpec | null;

  /** What all tasks need, and what single tasks need besides: either listed, or task `i` needs value `start + i` of `zip`. */
  readonly shared: readonly Dependency[];
  readonly own: ReadonlyMap<number, readonly Dependency[]>;
  readonly zip: { readonly array: ArrayId; readonly start: number } | null;
  /** How many of `shared` have no value now, and per task how many of its own. */
  sharedMissing: number;
  readonly ownMissing: Uint32Array | null;

  readonly kinds: Uint8Array;
  readonly attempts: Uint16Array;
  /** Who runs the task (running) or holds its value (memory); else -1. */
  readonly workers: Int32Array;
  readonly bytes: Float64Array;
  /** 1: the client keeps a future of it. */
  readonly wanted: Uint8Array;
  readonly ready: Ranges;
  /** Counters over the columns. */
  inMemory: number;
  released: number;
  unsettled: number;
  wantedCount: number;
  /** The client waits for the values. */
  valuesWanted: boolean;

  readonly failures: Map<number, TaskFailure>;
  readonly retriesUsed: Map<number, number>;
  readonly losses: Map<number, number>;
  /** Further copies of values, made by workers that fetched them. */
  readonly copies: Map<WorkerId, Ranges>;
  /** Workers that were told of this array, or hold something of it. */
  readonly toldTo: Set<WorkerId>;

  /** Who needs all values at once, one value, or value `start + i` for its task `i`. */
  readonly wholeConsumers: Consumers;
  readonly taskConsumers: Map<number, Consumers>;
  readonly zipConsumers: Set<{ readonly array: TaskArray; readonly start: number }>;
  /** Where this array is registered as a consumer of others. */
  readonly links: { readonly members: Set<Consumer>; readonly consumer: Consumer }[];
  /** Arrays made from this one that still exist: while there are any, the description is kept. */
  readonly madeInto: Set<TaskArray>;
}

export interface NewArray {
  readonly id: ArrayId;
  readonly client: ClientId;
  readonly count: number;
  readonly name: string;
  readonly spec: TaskSpec | null;
  readonly shared?: readonly Dependency[];
  readonly own?: ReadonlyMap<number, readonly Dependency[]>;
  readonly zip?: { readonly array: ArrayId; readonly start: number } | null;
}

const NONE_OF_THEIR_OWN: TaskArray['own'] = new Map();

/** A task array with every task `waiting` and wanted, and no dependency counted yet. */
export function newTaskArray(about: NewArray): TaskArray {
  const { count, shared = [], own = NONE_OF_THEIR_OWN, zip = null } = about;
  return {
    ...about,
    shared,
    own,
    zip,
    valuesWanted: false,
    sharedMissing: 0,
    ownMissing: own.size > 0 || zip !== null ? new Uint32Array(count) : null,
    kinds: new Uint8Array(count),
    attempts: new Uint16Array(count),
    workers: new Int32Array(count).fill(-1),
    bytes: new Float64Array(count),
    wanted: new Uint8Array(count).fill(1),
    ready: new Ranges(),
    inMemory: 0,
    released: 0,
    unsettled: count,
    wantedCount: count,
    failures: new Map(),
    retriesUsed: new Map(),
    losses: new Map(),
    copies: new Map(),
    toldTo: new Set(),
    wholeConsumers: newConsumers(),
    taskConsumers: new Map(),
    zipConsumers: new Set(),
    links: [],
    madeInto: new Set(),
  };
}

export function newConsumers(): Consumers {
  return { members: new Set(), needing: 0 };
}

/** True if the task could run now as far as its dependencies go. */
export function hasAllValues(array: TaskArray, index: number): boolean {
  return array.sharedMissing === 0 && (array.ownMissing?.[index] ?? 0) === 0;
}

/** What a task is called in messages: the function's name, and its index if there are several. */
export function taskName(array: TaskArray, index: number): string {
  return array.count === 1 ? array.name : `${array.name}[${index}]`;
}

/** What task `index` needs besides what all need. */
export function ownDependencies(array: TaskArray, index: number): readonly Dependency[] {
  if (array.zip !== null) {
    return [{ array: array.zip.array, start: array.zip.start + index, count: 1, whole: false }];
  }
  return array.own.get(index) ?? [];
}

/** All that task `index` needs. */
export function allDependencies(array: TaskArray, index: number): readonly Dependency[] {
  const own = ownDependencies(array, index);
  return own.length === 0 ? array.shared : [...array.shared, ...own];
}
