/** The program of a slot, the same in a thread and in a process: takes batches of tasks and runs them one by one. */
import { RolecallError } from '../errors.ts';
import { muteWarning } from '../functions/quietly.ts';
import { unmapMemory } from '../native/memfd.ts';
import { type PackedValues, packedValue } from '../protocol/packed.ts';
import type { Rooms } from '../store/rooms.ts';
import { SHARED_FROM_BYTES } from '../store/shared-values.ts';
import { type EncodeOptions, ValueCodec } from '../values/codec.ts';
import { ValuePacker } from '../values/pack.ts';
import { primitiveRoom } from '../values/primitive.ts';
import { markSpawns } from './children/mark-spawns.ts';
import { type Mark, markWithin } from './children/marks.ts';
import type { Batch, DependencyValues } from './core/core.ts';
import { TaskContext, taskStorage } from './current-task.ts';
import type { FromSlot, SlotData, ToSlot } from './executors/slot-messages.ts';
import { disposeSlotState, onSlotState } from './per-worker.ts';
import { captureOutput } from './task-output.ts';

/** How a slot's program talks to its worker. */
export interface SlotPort {
  listen(receive: (message: ToSlot) => void): void;
  post(message: FromSlot, transfer?: ArrayBuffer[]): void;
  /** The offset of the next task to run, or one past the end. `next` is the one after the last. */
  claim(batch: Batch, next: number): number | Promise<number>;
  /** Where large results are written, if they can be shared from here. */
  readonly rooms?: Rooms;
  /** Puts back what a task may have changed of the process. */
  beforeTask?(): void;
}

type TaskFunction = (...args: unknown[]) => unknown;

/** Results are handed over at the latest after this time, and when they have grown to this size. */
const FLUSH_MS = 2;
const FLUSH_BYTES = 1 << 18;

/** What the arguments of the task that runs have in shared memory. It is unmapped when the task ends. */
let maps: ArrayBuffer[] = [];
const codec = new ValueCodec({ mapped: (buffer) => maps.push(buffer) });
const functions = new Map<string, TaskFunction>();
/** Functions as they came, until they are decoded: the batch that brought one may be taken back before it starts. */
const payloads = new Map<string, Uint8Array>();
const batches: Batch[] = [];
let data: SlotData;
let port: SlotPort;
let current: TaskContext | undefined;
let busy = false;
let marks = 0;

export function runTaskProgram(slotData: SlotData, slotPort: SlotPort): void {
  data = slotData;
  port = slotPort;
  captureOutput((output) => port.post(output));
  muteWarning('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER'); // without it a task could not `import()`
  markSpawns(markOfSpawn);
  onSlotState(() => port.post({ kind: 'keeps-state' }));
  process.on('uncaughtException', onUncaught);
  port.listen(onMessage);
  port.post({ kind: 'ready' });
}

function onMessage(message: ToSlot): void {
  switch (message.kind) {
    case 'abort':
      return current?.abort(message.reason);
    case 'forget':
      functions.delete(message.fn);
      return void payloads.delete(message.fn);
    case 'dispose':
      return void disposeSlotState().then(() => port.post({ kind: 'disposed' }));
    case 'run': {
      const { fn, payload } = message.batch;
      if (payload !== null) payloads.set(fn, payload);
      batches.push(message.batch);
      if (!busy) void runBatches();
    }
  }
}

/**
 * An error that nobody caught belongs to the task that started the work it came from. That task may be awaited now, or
 * have ended long ago (a timer that it left behind): no other task must suffer for it.
 */
function onUncaught(error: unknown): void {
  const task = taskStorage.getStore() ?? current;
  if (task !== undefined && !task.ended && task.fail !== undefined) return task.fail(error);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  port.post({ kind: 'late-error', array: task?.array ?? 0, task: task?.name ?? '', error: text });
}

/** What a task starts ends with the task; what was started outside any, with the slot. */
function markOfSpawn(): Mark {
  const task = taskStorage.getStore();
  if (task === undefined) return data.mark;
  task.mark ??= markWithin(data.mark, ++marks);
  if (task.ended) setImmediate(leave, task);
  return task.mark;
}

function leave({ mark }: TaskContext): void {
  if (mark !== undefined) port.post({ kind: 'left', mark });
}

async function runBatches(): Promise<void> {
  busy = true;
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await runBatch(batch);
  busy = false;
}

async function runBatch(batch: Batch): Promise<void> {
  const results = new Results(batch);
  for (let next = 0; ; next++) {
    const claimed = port.claim(batch, next);
    if (typeof claimed !== 'number') results.flush();
    next = typeof claimed === 'number' ? claimed : await claimed;
    if (next >= batch.count) break;
    port.beforeTask?.();
    const context = newContext(batch, next);
    current = context;
    try {
      const fn = functions.get(batch.fn) ?? (await loadFunction(batch.fn));
      const decoded = argumentsOf(batch, next);
      const args: unknown[] = decoded instanceof Promise ? await decoded : decoded;
      let result = taskStorage.run(context, fn, ...args);
      if (isThenable(result)) result = await settled(context, result);
      results.add(result);
    } catch (error) {
      results.fail(error);
    } finally {
      context.ended = true;
      current = undefined;
      for (const buffer of maps) unmapMemory(buffer);
      maps = [];
      if (context.mark !== undefined) leave(context);
    }
  }
  results.flush();
}

/** Collects the results of a batch and hands them over in blocks. */
class Results {
  readonly #batch: Batch;
  readonly #what: string;
  readonly #packer = new ValuePacker(codec);
  #since = performance.now();
  #last = this.#since;

  constructor(batch: Batch) {
    this.#batch = batch;
    this.#what = `the result of task \`${batch.name}\``;
  }

  add(result: unknown): void {
    const options = { what: this.#what, code: 'ERR_UNSERIALISABLE_RESULT', allocate: port.rooms?.allocate } as const;
    if (primitiveRoom(result) > 0) this.#packer.add(result, options);
    else this.#addObject(result, options);
    this.#last = performance.now();
    if (this.#last - this.#since > FLUSH_MS || this.#packer.byteLength > FLUSH_BYTES) this.flush();
  }

  /** A large value is alone in its block, so that it can be kept and shared by itself. */
  #addObject(result: unknown, options: EncodeOptions): void {
    try {
      const encoded = codec.encodeObject(result, options);
      const isLarge = encoded.byteLength >= SHARED_FROM_BYTES;
      if (isLarge) this.flush();
      this.#packer.addEncoded(port.rooms?.sealed(encoded) ?? encoded);
      this.#last = performance.now();
      if (isLarge) this.flush();
    } finally {
      port.rooms?.discard();
    }
  }

  fail(error: unknown): void {
    this.flush();
    const code = error instanceof RolecallError ? error.code : null;
    const retry = code !== 'ERR_UNSERIALISABLE_RESULT';
    port.post({ kind: 'failed', batch: this.#batch.id, code, retry, error: codec.encodeError(error) });
    this.#since = performance.now();
  }

  flush(): void {
    const now = performance.now();
    if (this.#packer.count > 0) {
      const values = this.#packer.finish();
      const message: FromSlot = { kind: 'results', batch: this.#batch.id, ms: this.#last - this.#since, values };
      port.post(message, [values.bytes.buffer as ArrayBuffer, values.ends.buffer as ArrayBuffer]);
    }
    this.#since = now;
    this.#last = now;
  }
}

/** Resolves with what the task resolves with, unless the task throws outside its promise first. */
function settled(context: TaskContext, result: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    context.fail = reject;
    result.then(resolve, reject);
  });
}

async function loadFunction(hash: string): Promise<TaskFunction> {
  const payload = payloads.get(hash);
  if (payload === undefined) throw new RolecallError('ERR_PROTOCOL', `Function ${hash} was never sent to this thread`);
  await codec.prepare(payload);
  const fn = codec.decode(payload) as TaskFunction;
  functions.set(hash, fn);
  payloads.delete(hash);
  return fn;
}

/** The arguments of one task, decoded afresh, so that a task may change them. A promise only if modules must be loaded for it. */
function argumentsOf(batch: Batch, offset: number): unknown[] | Promise<unknown[]> {
  const { constants, items } = batch;
  if (items === null) return prepared(constants, () => decodeConstants(batch));
  const item = packedValue(items, offset);
  return prepared(constants, () => prepared(item, () => [decodeItem(batch, offset, item), ...decodeConstants(batch)]));
}

/** Loads the modules that `bytes` refers to, if any, then decodes. */
function prepared<T>(bytes: Uint8Array, decode: () => T | Promise<T>): T | Promise<T> {
  const loading = bytes.byteLength === 0 ? undefined : codec.prepare(bytes);
  return loading === undefined ? decode() : loading.then(decode);
}

/** No bytes: no arguments. */
function decodeConstants({ constants, shared }: Batch): unknown[] {
  if (constants.byteLength === 0) return [];
  return codec.decode(constants, { resolve: (handle) => dependencyValue(shared[handle]) }) as unknown[];
}

function decodeItem({ own }: Batch, offset: number, item: Uint8Array): unknown {
  return codec.decode(item, { resolve: (handle) => dependencyValue(own[offset]?.[handle]) });
}

function dependencyValue(dependency: DependencyValues | undefined): unknown {
  if (dependency === undefined)
    throw new RolecallError('ERR_PROTOCOL', 'A task refers to a value that was not sent with it');
  const { values, whole } = dependency;
  return whole ? decodeAll(values) : codec.decode(packedValue(values, 0));
}

function decodeAll(values: PackedValues): unknown[] {
  return Array.from(values.ends, (_, index) => codec.decode(packedValue(values, index)));
}

function newContext(batch: Batch, offset: number): TaskContext {
  const index = batch.start + offset;
  return new TaskContext({
    array: batch.array,
    name: batch.single ? batch.name : `${batch.name}[${index}]`,
    key: `${batch.array}-${index}`,
    attempt: batch.attempt,
    worker: data.rank,
    host: data.host,
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
