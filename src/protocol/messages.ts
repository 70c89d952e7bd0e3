/**
 * Every message between two processes of a cluster, by direction. The shapes are checked where a message comes in
 * (`parse…`), so that the cores can trust the types; whether a message makes sense now is the core's question.
 *
 * `buffers` are raw bytes beside the JSON; each message says what its buffers are.
 */
import * as v from 'valibot';
import { RolecallError } from '../errors.ts';
import { LOG_LEVELS } from './log-record.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const index = count;
const array = count;
const worker = count;
const amount = v.pipe(v.number(), v.finite());
const text = v.pipe(v.string(), v.maxLength(100_000));
const name = v.pipe(v.string(), v.maxLength(1_000));
const ms = v.pipe(amount, v.minValue(0));
const buffers = v.array(v.custom<Uint8Array>((value) => value instanceof Uint8Array));
/** `[start, count, start, count, …]`, ascending and apart: a list in any order could take hours to sort in. */
const ranges = v.pipe(v.array(index), v.check(isAscending, 'expected pairs of start and count that ascend'));

/** What a task needs: one task's value (`whole: false`), or the values of a whole array as a list. */
const dependency = v.object({ array, start: index, count, whole: v.boolean() });
export type Dependency = v.InferOutput<typeof dependency>;

/** A dependency and who holds which part of it: `[start, count, worker, …]`. */
const source = v.object({ ...dependency.entries, holders: v.array(count) });
export type Source = v.InferOutput<typeof source>;

const workerInfo = v.object({
  id: worker,
  name,
  host: name,
  pid: count,
  slots: count,
  /** That the launcher gave it; left out: none. */
  gpus: v.optional(count),
  addresses: v.array(name),
  /** Who can open references to its memory (see native/memfd.ts); null: nobody. */
  space: v.nullable(name),
});
/** What everybody may know of a worker. `name` is its rank, as a string. */
export type WorkerInfo = v.InferOutput<typeof workerInfo>;

const options = v.object({
  /** Further attempts after the task threw. */
  retries: count,
  /** Higher runs first. */
  priority: amount,
  /** Names or hosts of the only workers that may run the task; empty: any. */
  workers: v.array(name),
  /** `workers` is a preference, not a restriction. */
  allowOtherWorkers: v.boolean(),
  /** Stop an attempt after this time; 0: never. */
  timeoutMs: amount,
});
export type TaskOptions = v.InferOutput<typeof options>;

// ---- client → scheduler

/**
 * A task array. Buffers: `[constants, functionBytes?, itemBytes?, itemEnds?]`. `constants` are the arguments common to all
 * tasks; items, if there are any, are one first argument per task. Handle `k` in the constants means `shared[k]`,
 * handle `k` in item `i` means `own[i][k]`, or task `zip.start + i` of `zip.array` when `zip` is given.
 */
const submit = v.object({
  type: v.literal('submit'),
  array,
  count: v.pipe(count, v.minValue(1)),
  name,
  fn: name,
  hasFunction: v.boolean(),
  hasItems: v.boolean(),
  shared: v.array(dependency),
  own: v.array(v.tuple([index, v.array(dependency)])),
  zip: v.nullable(v.object({ array, start: index })),
  options,
  buffers,
});
/** Values that the client puts on workers itself; they are announced one by one by `scattered`. */
const scatter = v.object({ type: v.literal('scatter'), array, count, name });
const scattered = v.object({ type: v.literal('scattered'), array, index, worker, bytes: count });
/** The client could not put a value anywhere. Buffers: `[error]`. */
const scatterFailed = v.object({ type: v.literal('scatter-failed'), array, index, buffers });
const want = v.object({ type: v.literal('want'), array });
const release = v.object({ type: v.literal('release'), array, ranges: v.nullable(ranges) });
const cancel = v.object({ type: v.literal('cancel'), array, ranges: v.nullable(ranges), buffers });
const retry = v.object({ type: v.literal('retry'), array, ranges: v.nullable(ranges) });
/** Send what the ranks record, from now on, and the latest of what they did. */
const logs = v.object({ type: v.literal('logs') });
/** The runner on the client's rank: end the whole cluster. */
const end = v.object({ type: v.literal('end'), code: v.number() });
/** The sender is there, and its event loop runs. From the scheduler to all; the runner on the client's rank answers it. */
const alive = v.object({ type: v.literal('alive') });

const toScheduler = [
  submit,
  scatter,
  scattered,
  scatterFailed,
  want,
  release,
  cancel,
  retry,
  logs,
  end,
  alive,
] as const;
export type ClientToScheduler = v.InferOutput<(typeof toScheduler)[number]>;
export type SubmitMessage = v.InferOutput<typeof submit>;

// ---- scheduler → client

/** After `silenceMs` without a word the scheduler may be given up. It expects a word of a worker every `aliveMs`. */
const welcome = v.object({
  type: v.literal('welcome'),
  id: count,
  workers: v.array(workerInfo),
  silenceMs: v.pipe(count, v.minValue(1)),
  aliveMs: v.pipe(amount, v.minValue(1)),
});
const workersChanged = v.object({
  type: v.literal('workers'),
  joined: v.array(workerInfo),
  left: v.array(v.object({ id: worker, reason: text })),
});
/**
 * Tasks have their values, which `worker` holds. Buffers: `[]`, or `[bytes, ends]` of the values that rode along (an empty
 * one did not). Sent again when a value moved.
 */
const finished = v.object({ type: v.literal('finished'), array, start: index, count, worker, buffers });
/** Tasks failed. Buffers: `[error]`. `worker` is a name, for the message; `task` is who really failed, if it was a dependency. */
const failed = v.object({
  type: v.literal('failed'),
  array,
  ranges,
  worker: name,
  attempt: count,
  code: v.nullable(name),
  task: name,
  buffers,
});
/** Values that were announced are gone; the tasks run again. */
const unfinished = v.object({ type: v.literal('unfinished'), array, ranges });
/** What a task printed. */
const output = v.object({
  type: v.literal('output'),
  worker: name,
  task: name,
  stream: v.picklist(['out', 'err']),
  text,
});
/** Something that the user should be told, once, in words. */
const notice = v.object({ type: v.literal('notice'), level: v.picklist(['info', 'warn', 'error']), text });
const logLevel = v.picklist(LOG_LEVELS);
/** What a rank recorded, for clients that asked for it. */
const log = v.object({
  type: v.literal('log'),
  record: v.object({ time: amount, level: logLevel, rank: name, role: name, host: name, pid: count, text }),
});
/** The cluster ends. */
const ending = v.object({ type: v.literal('ending'), reason: text });

const toClient = [welcome, workersChanged, finished, failed, unfinished, output, notice, log, ending, alive] as const;
export type SchedulerToClient = v.InferOutput<(typeof toClient)[number]>;

// ---- scheduler → worker

/** What a worker needs to know of an array once. Buffers of the `compute` that carries it: `[…, constants]`. */
const arraySpec = v.object({ name, single: v.boolean(), fn: name, shared: v.array(source), timeoutMs: amount });
export type ArraySpec = v.InferOutput<typeof arraySpec>;

/**
 * Run tasks. Buffers, in this order, each only if said: `items` two (bytes, ends), `spec` one (constants), `hasFunction` one.
 */
const compute = v.object({
  type: v.literal('compute'),
  array,
  start: index,
  count,
  attempt: count,
  hasItems: v.boolean(),
  spec: v.nullable(arraySpec),
  hasFunction: v.boolean(),
  /** One list per task, in order, if tasks have dependencies of their own; else empty. */
  own: v.array(v.array(source)),
  /** Values up to this size ride back with the completion. */
  inlineBytes: count,
  buffers,
});
export type ComputeMessage = v.InferOutput<typeof compute>;
/** Give back everything that has not started. */
const retract = v.object({ type: v.literal('retract') });
/** Stop tasks wherever they stand; nothing more is to be said of them. */
const abandon = v.object({ type: v.literal('abandon'), array, ranges });
/** Delete values. With `ranges: null`, forget the whole array. */
const free = v.object({ type: v.literal('free'), array, ranges: v.nullable(ranges) });
const stop = v.object({ type: v.literal('stop'), reason: text });

const toWorker = [welcome, workersChanged, compute, retract, abandon, free, stop, alive] as const;
export type SchedulerToWorker = v.InferOutput<(typeof toWorker)[number]>;

// ---- worker → scheduler

/**
 * Tasks have their values, held by the sender. Buffers: `[sizes]` (Float64, bytes of each value) or `[sizes, bytes, ends]` with the
 * values that ride along (an empty one does not). `ms` is the time that the tasks ran, summed.
 */
const workerFinished = v.object({
  type: v.literal('finished'),
  array,
  start: index,
  count,
  attempt: count,
  ms,
  buffers,
});
export type WorkerFinished = v.InferOutput<typeof workerFinished>;
/** One task failed. Buffers: `[error]`. `retry: false`: a further attempt would end the same way. */
const workerFailed = v.object({
  type: v.literal('failed'),
  array,
  index,
  attempt: count,
  code: v.nullable(name),
  retry: v.boolean(),
  buffers,
});
/** Given back, not started: after `retract`, or because a thread ended around them. */
const returned = v.object({ type: v.literal('returned'), array, attempt: count, ranges });
/** The answer to `retract`, after everything that is given back. */
const retracted = v.object({ type: v.literal('retracted') });
/** Tasks were given back because a value could not be had from `from`. */
const missing = v.object({
  type: v.literal('missing'),
  array,
  attempt: count,
  ranges,
  dependency,
  from: worker,
});
/** The sender fetched and keeps a copy. */
const replica = v.object({ type: v.literal('replica'), array, start: index, count });
const workerOutput = v.object({
  type: v.literal('output'),
  array,
  task: name,
  stream: v.picklist(['out', 'err']),
  text,
});
const workerLog = v.object({ type: v.literal('log'), time: amount, level: logLevel, text });
/** The sender was told to end, and will do so soon. */
const leaving = v.object({ type: v.literal('leaving'), reason: text });
const beat = v.object({ type: v.literal('beat'), rss: count, stored: count, queued: count });

const fromWorker = [
  workerFinished,
  workerFailed,
  returned,
  retracted,
  missing,
  replica,
  workerOutput,
  workerLog,
  leaving,
  beat,
] as const;
export type WorkerToScheduler = v.InferOutput<(typeof fromWorker)[number]>;

// ---- between holders of values: a client or worker asks, a worker answers

/** `space`: the asker can open references to memory of this machine (see native/memfd.ts); null: it needs the bytes. */
const get = v.object({ type: v.literal('get'), request: count, array, start: index, count, space: v.nullable(name) });
/** Buffers: `[bytes, ends]`. A value may be a reference, then alone, if the asker is in the same space. */
const values = v.object({ type: v.literal('values'), request: count, buffers });
const absent = v.object({ type: v.literal('absent'), request: count });
/** Too much is on its way to others: ask again after this time. */
const busy = v.object({ type: v.literal('busy'), request: count, retryMs: amount });
/** It is there, or could be, but something went wrong here. */
const refused = v.object({ type: v.literal('refused'), request: count, reason: text });
/** Buffers: `[value]`, or a reference to it if both are in the same space; it holds until the answer. */
const put = v.object({ type: v.literal('put'), request: count, array, index, buffers });
const stored = v.object({ type: v.literal('stored'), request: count });

const toHolder = [get, put] as const;
const fromHolder = [values, absent, busy, refused, stored] as const;
export type ToHolder = v.InferOutput<(typeof toHolder)[number]>;
export type FromHolder = v.InferOutput<(typeof fromHolder)[number]>;

// ---- parsers

const ABORT_EARLY = { abortEarly: true } as const;

export const parseClientToScheduler = parser('a client', toScheduler);
export const parseSchedulerToClient = parser('the scheduler', toClient);
export const parseSchedulerToWorker = parser('the scheduler', toWorker);
export const parseWorkerToScheduler = parser('a worker', fromWorker);
export const parseToHolder = parser('a peer', toHolder);
export const parseFromHolder = parser('a peer', fromHolder);

type MessageSchema = v.GenericSchema & { readonly entries: { readonly type: { readonly literal: string } } };

/** Reads the type first: trying the shapes one after the other costs more than all the rest of a small message. */
function parser<S extends MessageSchema>(from: string, schemas: readonly S[]): (raw: unknown) => v.InferOutput<S> {
  const byType = new Map(schemas.map((schema) => [schema.entries.type.literal, schema]));
  return (raw) => {
    const { type } = raw as { readonly type: string };
    const schema = byType.get(type);
    if (schema === undefined) throw malformed(from, 'type', `"${type.slice(0, 100)}" is none of its messages`);
    const result = v.safeParse(schema, raw, ABORT_EARLY);
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw malformed(from, v.getDotPath(issue) ?? 'the message', issue.message);
  };
}

function isAscending(list: number[]): boolean {
  let end = 0;
  for (let i = 0; i < list.length; i += 2) {
    const start = list[i] as number;
    if (start < end) return false;
    end = start + (list[i + 1] ?? Number.POSITIVE_INFINITY);
  }
  return Number.isSafeInteger(end);
}

function malformed(from: string, where: string, why: string): RolecallError {
  return new RolecallError('ERR_PROTOCOL', `Cannot read a message of ${from}: ${where}: ${why}`);
}
