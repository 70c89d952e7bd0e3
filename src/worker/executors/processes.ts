/**
 * Slots that are processes. A process gets its batch at once but starts each task only when it is told to, so that it is
 * always known which task a crash belongs to. It writes to the worker with blocking writes: what it said before a crash
 * is not lost, and who prints without end has to wait.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MARK_VARIABLE } from '../children/marks.ts';
import type { Batch } from '../core/core.ts';
import { encodePipeMessage, PipeMessages } from './pipe-messages.ts';
import { SLOT_VARIABLE, type ToProcess } from './process-data.ts';
import type { FromSlot, SlotData, SlotEnd, SlotHandlers, SlotProgram, StartSlot } from './slot-messages.ts';

/** What a process printed itself, not through JavaScript, is read to the end; its own children may keep the pipe open. */
const LAST_OUTPUT_MS = 500;
const DUMP = '<--- Last few GCs --->';
const END_OF_HEAP = /FATAL ERROR: .*(heap out of memory|heap limit)/;

/** @param heapMb heap limit of each process in MiB */
export function processSlots(heapMb: number | undefined): StartSlot {
  return (data, handlers) => new ProcessSlot(data, handlers, heapMb);
}

class ProcessSlot implements SlotProgram {
  readonly #child: ChildProcess;
  readonly #handlers: SlotHandlers;
  readonly #over: Promise<void>;
  #batch: Batch | undefined;
  #started = 0;
  #finished = 0;
  #isClosed = false;
  #wasKilled = false;
  #isDumping = false;
  #ranOutOfHeap = false;

  constructor(data: SlotData, handlers: SlotHandlers, heapMb: number | undefined) {
    this.#handlers = handlers;
    const program = fileURLToPath(new URL('./process.js', import.meta.url));
    const flags = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
    this.#child = spawn(process.execPath, [...process.execArgv, ...flags, program, `rank=${data.rank}`], {
      env: { ...process.env, ...data.env, [MARK_VARIABLE]: data.mark, [SLOT_VARIABLE]: JSON.stringify(data) },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: true, // signals of the terminal and of the launcher are for the worker, which ends it
    });
    this.#over = this.#follow();
  }

  run(batch: Batch): void {
    this.#batch = batch;
    this.#started = 1;
    this.#finished = 0;
    this.#isClosed = false;
    this.#send({ kind: 'run', batch });
  }

  closeBatch(): number {
    if (!this.#isClosed && this.#started < (this.#batch?.count ?? 0)) this.#send({ kind: 'close' });
    this.#isClosed = true;
    return this.#started;
  }

  post(message: Exclude<ToProcess, { kind: 'run' }>): void {
    this.#send(message);
  }

  async kill(): Promise<void> {
    this.#wasKilled = true;
    this.#child.kill('SIGKILL');
    await this.#over;
  }

  /** Undefined if it could not be made, because no descriptor was left: then there are none at all. */
  #pipe(number: number): Readable | Writable | undefined {
    return (this.#child.stdio as ChildProcess['stdio'] | undefined)?.[number] ?? undefined;
  }

  #send(message: ToProcess): void {
    const pipe = this.#pipe(4) as Writable | undefined;
    if (pipe?.writable) for (const piece of encodePipeMessage(message)) pipe.write(piece);
  }

  async #follow(): Promise<void> {
    const child = this.#child;
    const ends = [this.#followOutput('out'), this.#followOutput('err'), this.#followMessages()];
    this.#pipe(4)?.on('error', () => {}); // its end is told by `exit`
    const end = await new Promise<SlotEnd>((resolve) => {
      child.on('error', (error) => resolve({ how: 'crashed', why: `it cannot be started: ${error.message}` }));
      child.on('exit', (code, signal) => {
        if (code !== null) resolve({ how: 'exited', code });
        else resolve({ how: 'crashed', why: `it was ended by ${signal}` });
      });
    });
    await Promise.race([Promise.all(ends), delay(LAST_OUTPUT_MS)]);
    for (let number = 1; number <= 4; number++) this.#pipe(number)?.destroy();
    if (!this.#wasKilled) this.#handlers.ended(this.#ranOutOfHeap ? { how: 'out of memory' } : end);
  }

  /** What JavaScript prints comes as messages. This is what native code, and children with inherited output, print. */
  async #followOutput(stream: 'out' | 'err'): Promise<void> {
    const pipe = this.#pipe(stream === 'out' ? 1 : 2) as Readable | undefined;
    pipe?.setEncoding('utf8').on('data', (chunk: string) => {
      const text = stream === 'err' ? this.#withoutDump(chunk) : chunk;
      if (text === '') return;
      const batch = this.#batch;
      const isRunning = batch !== undefined && this.#finished < this.#started;
      const index = (batch?.start ?? 0) + this.#finished;
      const task = !isRunning ? '' : batch.single ? batch.name : `${batch.name}[${index}]`;
      this.#handlers.message({ kind: 'output', array: isRunning ? batch.array : 0, task, stream, text });
    });
    await ended(pipe);
  }

  /** At the end of its heap Node.js prints pages of numbers that help nobody who wrote a task. */
  #withoutDump(text: string): string {
    const dump = this.#isDumping ? 0 : text.indexOf(DUMP);
    this.#isDumping ||= dump >= 0;
    this.#ranOutOfHeap ||= this.#isDumping && END_OF_HEAP.test(text);
    return dump < 0 ? text : text.slice(0, dump).trimEnd();
  }

  async #followMessages(): Promise<void> {
    const pipe = this.#pipe(3) as Readable | undefined;
    const messages = new PipeMessages<FromSlot>();
    pipe?.on('data', (chunk: Buffer) => {
      for (const message of messages.push(chunk)) this.#onMessage(message);
    });
    await ended(pipe);
  }

  #onMessage(message: FromSlot): void {
    if (message.kind === 'results') this.#onFinished(message.values.ends.length);
    if (message.kind === 'failed') this.#onFinished(1);
    this.#handlers.message(message);
  }

  #onFinished(count: number): void {
    this.#finished += count;
    if (this.#isClosed || this.#finished < this.#started || this.#started >= (this.#batch?.count ?? 0)) return;
    this.#started++;
    this.#send({ kind: 'go' });
  }
}

function ended(stream: Readable | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined) return resolve();
    stream
      .on('close', resolve)
      .on('end', resolve)
      .on('error', () => resolve());
  });
}
