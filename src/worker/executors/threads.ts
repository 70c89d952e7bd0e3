/** An executor whose slots are `worker_threads`. */
import { Worker } from 'node:worker_threads';
import type { PackedValues } from '../../protocol/packed.ts';
import type { Batch, DependencyValues } from '../core/core.ts';
import type { FailureReport } from '../core/outbox.ts';
import type { Executor, ExecutorEvents } from './executor.ts';
import type { FromThread, ThreadBatch, ThreadData, ToThread } from './thread-messages.ts';

export interface ThreadsOptions {
  readonly slots: number;
  readonly rank: string;
  readonly host: string;
  /** Heap limit of each thread in MiB. */
  readonly heapMb?: number | undefined;
  /** An error of this process in the form in which task errors travel. */
  readonly failureOf: (
    code: 'ERR_TASK_EXITED' | 'ERR_TASK_CRASHED' | 'ERR_TASK_OUT_OF_MEMORY',
    text: string,
  ) => FailureReport;
}

interface Thread {
  readonly worker: Worker;
  readonly outputFlow: Int32Array<SharedArrayBuffer>;
  batch: ThreadBatch | undefined;
  /** Set when the thread is being ended by us: its end is no news. */
  ending: boolean;
}

export class ThreadsExecutor implements Executor {
  readonly slots: number;
  readonly #options: ThreadsOptions;
  readonly #threads = new Map<number, Thread>();
  readonly #ended = new Set<Promise<unknown>>();
  #events: ExecutorEvents | undefined;
  #closed = false;

  constructor(options: ThreadsOptions) {
    this.slots = options.slots;
    this.#options = options;
  }

  start(events: ExecutorEvents): void {
    this.#events = events;
    for (let slot = 0; slot < this.slots; slot++) this.#startThread(slot);
  }

  run(slot: number, batch: Batch): void {
    const thread = this.#threads.get(slot);
    if (thread === undefined) return;
    const cursor = batch.count === 1 ? null : new Int32Array(new SharedArrayBuffer(4));
    const transfer: ArrayBuffer[] = [];
    thread.batch = { ...ownBytes(batch, transfer), cursor };
    post(thread, { kind: 'run', batch: thread.batch }, transfer);
  }

  closeBatch(slot: number): number {
    const batch = this.#threads.get(slot)?.batch;
    if (batch === undefined) return 0;
    if (batch.cursor === null) return batch.count;
    return Math.min(Atomics.add(batch.cursor, 0, batch.count), batch.count);
  }

  abort(slot: number, reason: string): void {
    const thread = this.#threads.get(slot);
    if (thread !== undefined) post(thread, { kind: 'abort', reason });
  }

  forgetFunction(slot: number, fn: string): void {
    const thread = this.#threads.get(slot);
    if (thread !== undefined) post(thread, { kind: 'forget', fn });
  }

  replace(slot: number): void {
    this.#endThread(slot);
    if (!this.#closed) this.#startThread(slot);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const slot of [...this.#threads.keys()]) this.#endThread(slot);
    await Promise.all(this.#ended);
  }

  #startThread(slot: number): void {
    const { rank, host, heapMb } = this.#options;
    const outputFlow = new Int32Array(new SharedArrayBuffer(4));
    const workerData: ThreadData = { rank, host, slot, outputFlow };
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData,
      ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    const thread: Thread = { worker, outputFlow, batch: undefined, ending: false };
    this.#threads.set(slot, thread);
    worker.on('message', (message: FromThread) => this.#onMessage(slot, thread, message));
    worker.on('error', (error: Error) => this.#onEnd(slot, thread, this.#failureOfCrash(thread, error)));
    worker.on('exit', (code) => this.#onEnd(slot, thread, this.#failureOfExit(thread, code)));
  }

  #endThread(slot: number): void {
    const thread = this.#threads.get(slot);
    if (thread === undefined) return;
    this.#threads.delete(slot);
    thread.ending = true;
    const end = thread.worker.terminate();
    this.#ended.add(end);
    end.finally(() => this.#ended.delete(end));
  }

  #onMessage(slot: number, thread: Thread, message: FromThread): void {
    const events = this.#events;
    if (events === undefined) return;
    if (message.kind === 'output') {
      Atomics.sub(thread.outputFlow, 0, message.text.length);
      Atomics.notify(thread.outputFlow, 0);
      return events.output(message.array, message.task, message.stream, message.text);
    }
    if (message.kind === 'late-error') return events.lateError(message.array, message.task, message.error);
    if (thread.ending) return; // it was given up: nothing that it still says counts
    if (message.kind === 'ready') return events.ready(slot);
    if (message.kind === 'results') return events.results(slot, message.batch, message.ms, message.values);
    events.failed(slot, message.batch, message);
  }

  #onEnd(slot: number, thread: Thread, failure: FailureReport): void {
    if (thread.ending) return;
    thread.ending = true;
    this.#events?.died(slot, failure);
  }

  #failureOfCrash({ batch }: Thread, error: NodeJS.ErrnoException): FailureReport {
    const who = batch === undefined ? 'A thread' : `Task \`${batch.name}\``;
    if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') {
      return this.#options.failureOf('ERR_TASK_CRASHED', `${who} crashed its thread: ${error.message}`);
    }
    const { heapMb } = this.#options;
    const limit = heapMb === undefined ? 'the heap limit of Node.js' : `${heapMb} MiB (heapMb)`;
    return this.#options.failureOf('ERR_TASK_OUT_OF_MEMORY', `${who} used up the heap of its thread, ${limit}`);
  }

  #failureOfExit({ batch }: Thread, code: number): FailureReport {
    const who = batch === undefined ? 'a task' : `task \`${batch.name}\``;
    return this.#options.failureOf(
      'ERR_TASK_EXITED',
      `process.exit(${code}) was called in ${who}; it ends only the thread`,
    );
  }
}

function post(thread: Thread, message: ToThread, transfer: ArrayBuffer[] = []): void {
  thread.worker.postMessage(message, transfer);
}

/**
 * A batch whose bytes are its own. Sending a view would copy all that lies behind it, so views are cut out first, and
 * the copies are handed over.
 */
function ownBytes(batch: Batch, transfer: ArrayBuffer[]): Batch {
  const own = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(bytes);
    transfer.push(copy.buffer);
    return copy;
  };
  const ownValues = (values: PackedValues): PackedValues => ({
    bytes: own(values.bytes),
    ends: new Uint32Array(values.ends),
  });
  const ownDependency = (dependency: DependencyValues): DependencyValues => ({
    whole: dependency.whole,
    values: ownValues(dependency.values),
  });
  return {
    ...batch,
    payload: batch.payload === null ? null : own(batch.payload),
    constants: own(batch.constants),
    shared: batch.shared.map(ownDependency),
    items: batch.items === null ? null : ownValues(batch.items),
    own: batch.own.map((dependencies) => dependencies.map(ownDependency)),
  };
}
