/** The executor: keeps the slots alive, whatever each one is made of, and ends what their tasks have started. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Mark, markWithin } from '../children/marks.ts';
import type { TaskProcesses } from '../children/task-processes.ts';
import type { Batch } from '../core/core.ts';
import type { FailureReport } from '../core/outbox.ts';
import { deviceOfSlot } from './devices.ts';
import type { Executor, ExecutorEvents } from './executor.ts';
import type { FromSlot, SlotData, SlotEnd, SlotProgram, StartSlot, ToSlot } from './slot-messages.ts';

export interface SlotExecutorOptions {
  readonly rank: string;
  /** Which of the devices is that of the first slot. @default 0 */
  readonly firstDevice?: number | undefined;
  readonly host: string;
  /** What a slot is made of, in the words of error texts, and how one starts. */
  readonly kind: 'thread' | 'process';
  readonly startSlot: StartSlot;
  /** Heap limit of each slot in MiB. */
  readonly heapMb?: number | undefined;
  /** Of the worker. */
  readonly mark: Mark;
  readonly taskProcesses: TaskProcesses;
  /** An error of this process in the form in which task errors travel. */
  readonly failureOf: (
    code: 'ERR_TASK_EXITED' | 'ERR_TASK_CRASHED' | 'ERR_TASK_OUT_OF_MEMORY',
    text: string,
  ) => FailureReport;
}

/** One life of a slot. */
interface Life {
  readonly mark: Mark;
  readonly program: SlotProgram;
  batch: Batch | undefined;
  isReady: boolean;
  keepsState: boolean;
  /** Set when it is being ended by us, or has ended: nothing that it still says counts. */
  ending: boolean;
  readonly disposed: PromiseWithResolvers<void>;
}

/** How long what was kept for the life of a slot may take to be disposed. */
const DISPOSE_MS = 1000;
/** A slot that ended before it was ready would do so again at once: each time it is given twice as long a pause. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

export class SlotExecutor implements Executor {
  readonly #options: SlotExecutorOptions;
  readonly #lives = new Map<number, Life>();
  readonly #ended = new Set<Promise<void>>();
  #events: ExecutorEvents | undefined;
  #livesSoFar = 0;
  #failedStarts = 0;
  #closed = false;

  constructor(options: SlotExecutorOptions) {
    this.#options = options;
  }

  start(events: ExecutorEvents): void {
    this.#events = events;
  }

  startSlot(slot: number): void {
    if (this.#closed) return;
    const { rank, host, startSlot, firstDevice = 0 } = this.#options;
    const env = deviceOfSlot(process.env, firstDevice + slot);
    const data: SlotData = { rank, host, env, mark: markWithin(this.#options.mark, ++this.#livesSoFar) };
    const program = startSlot(data, {
      message: (message) => this.#onMessage(slot, life, message),
      ended: (end) => this.#onEnd(slot, life, end),
    });
    const flags = { isReady: false, keepsState: false, ending: false };
    const life: Life = { mark: data.mark, program, batch: undefined, ...flags, disposed: Promise.withResolvers() };
    this.#lives.set(slot, life);
  }

  run(slot: number, batch: Batch): void {
    const life = this.#lives.get(slot);
    if (life === undefined) return;
    life.batch = batch;
    life.program.run(batch);
  }

  closeBatch(slot: number): number {
    return this.#lives.get(slot)?.program.closeBatch() ?? 0;
  }

  abort(slot: number, reason: string): void {
    this.#post(slot, { kind: 'abort', reason });
  }

  forgetFunction(slot: number, fn: string): void {
    this.#post(slot, { kind: 'forget', fn });
  }

  replace(slot: number): void {
    this.#endSlot(slot);
    if (this.#failedStarts === 0) return this.startSlot(slot);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failedStarts - 1));
    setTimeout(() => this.startSlot(slot), pauseMs).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#disposeState();
    for (const slot of [...this.#lives.keys()]) this.#endSlot(slot);
    await Promise.all(this.#ended);
    await this.#options.taskProcesses.end(this.#options.mark);
  }

  async #disposeState(): Promise<void> {
    const keeping = [...this.#lives.values()].filter((life) => life.keepsState && !life.ending);
    if (keeping.length === 0) return;
    for (const { program } of keeping) program.post({ kind: 'dispose' });
    const disposed = Promise.all(keeping.map((life) => life.disposed.promise));
    await Promise.race([disposed, delay(DISPOSE_MS)]);
  }

  #endSlot(slot: number): void {
    const life = this.#lives.get(slot);
    if (life === undefined) return;
    this.#lives.delete(slot);
    const isOver = life.ending;
    life.ending = true;
    if (isOver) return;
    const end = life.program.kill().then(() => {
      if (!this.#closed) void this.#options.taskProcesses.end(life.mark); // else all are ended together
    });
    this.#ended.add(end);
    void end.finally(() => this.#ended.delete(end));
  }

  #post(slot: number, message: Exclude<ToSlot, { kind: 'run' }>): void {
    this.#lives.get(slot)?.program.post(message);
  }

  #onMessage(slot: number, life: Life, message: FromSlot): void {
    const events = this.#events;
    if (events === undefined) return;
    switch (message.kind) {
      case 'output':
        return events.output(message.array, message.task, message.stream, message.text);
      case 'late-error':
        return events.lateError(message.array, message.task, message.error);
      case 'left':
        return void this.#options.taskProcesses.end(message.mark);
      case 'keeps-state':
        life.keepsState = true;
        return;
      case 'disposed':
        return life.disposed.resolve();
      default:
        if (!life.ending) this.#onProgress(slot, life, message);
    }
  }

  #onProgress(slot: number, life: Life, message: Extract<FromSlot, { kind: 'ready' | 'results' | 'failed' }>): void {
    const events = this.#events as ExecutorEvents;
    if (message.kind === 'results') return events.results(slot, message.batch, message.ms, message.values);
    if (message.kind === 'failed') return events.failed(slot, message.batch, message);
    life.isReady = true;
    this.#failedStarts = 0;
    events.ready(slot);
  }

  #onEnd(slot: number, life: Life, end: SlotEnd): void {
    life.disposed.resolve();
    if (life.ending) return;
    life.ending = true;
    if (!life.isReady) this.#failedStarts++;
    void this.#options.taskProcesses.end(life.mark);
    const failure = this.#failureOf(life, end);
    this.#events?.died(slot, failure);
  }

  #failureOf({ batch }: Life, end: SlotEnd): FailureReport {
    const { kind, heapMb, failureOf } = this.#options;
    const task = batch === undefined ? undefined : `ask \`${batch.name}\``;
    const who = task === undefined ? `A ${kind}` : `T${task}`;
    if (end.how === 'crashed') return failureOf('ERR_TASK_CRASHED', `${who} crashed its ${kind}: ${end.why}`);
    if (end.how === 'out of memory') {
      const limit = heapMb === undefined ? 'the heap limit of Node.js' : `${heapMb} MiB (heapMb)`;
      return failureOf('ERR_TASK_OUT_OF_MEMORY', `${who} used up the heap of its ${kind}, ${limit}`);
    }
    const where = task === undefined ? 'a task' : `t${task}`;
    return failureOf('ERR_TASK_EXITED', `process.exit(${end.code}) was called in ${where}; it ends only the ${kind}`);
  }
}
