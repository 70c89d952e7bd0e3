/**
 * The client's side of the conversation with the scheduler: submits, hears of results, keeps the arrays. `Client`, `Future` and
 * `FutureArray` are the faces that users see of it.
 */
import { hasCode, RolecallError } from '../errors.ts';
import { LogFeed } from '../logs/log-feed.ts';
import { PeerPool } from '../peers/peer-pool.ts';
import { arrayId, type ClientId } from '../protocol/ids.ts';
import type { LogRecord, LogSource } from '../protocol/log-record.ts';
import { type ClientToScheduler, parseSchedulerToClient, type SchedulerToClient } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { packedFromBuffers } from '../protocol/packed-buffers.ts';
import { Ranges } from '../protocol/ranges.ts';
import { UseCounts } from '../protocol/use-counts.ts';
import type { Channel } from '../transport/channel.ts';
import { openChannel } from '../transport/open-channel.ts';
import { ownHello } from '../transport/own-hello.ts';
import type { Transport } from '../transport/transport.ts';
import { ValueCodec } from '../values/codec.ts';
import { errorOf } from './failure.ts';
import { Losses, type SchedulerName } from './losses.ts';
import { type Output, printNotice, printOutput } from './output.ts';
import type { ScatteredValue } from './scatter.ts';
import { releasedError, unreachableError } from './session-errors.ts';
import { ClientArray, type Failure } from './task-array.ts';
import { CANCELLED, FAILED, FINISHED, PENDING } from './task-states.ts';
import { Waits } from './waits.ts';
import { Workers } from './workers.ts';

type WorkersMessage = Extract<SchedulerToClient, { type: 'workers' }>;

/** How to reach the scheduler. */
export interface SchedulerAddress extends SchedulerName {
  readonly addresses: readonly string[];
  readonly transports: readonly Transport[];
  /** What the client's own rank records, if it is one. */
  readonly logs?: LogSource | undefined;
}

export class Session {
  readonly codec = new ValueCodec();
  readonly arrays = new Map<number, ClientArray>();
  readonly waits = new Waits((on) => this.#channel?.keepAlive(on));
  readonly workers = new Workers(this.waits);
  readonly #records = new LogFeed();
  #logsWanted = false;
  readonly #peers: PeerPool;
  readonly #ready: Promise<void>;
  /** The functions that the scheduler has. */
  readonly #functions = new UseCounts<string>();
  #channel: Channel<SchedulerToClient, ClientToScheduler> | undefined;
  #early: ClientToScheduler[] | undefined = [];
  #id: ClientId = 0;
  #sequence = 1;
  readonly #losses: Losses;

  constructor(scheduler: SchedulerAddress) {
    this.#losses = new Losses(scheduler, this.codec, this.arrays);
    this.#peers = new PeerPool(scheduler.transports);
    scheduler.logs?.follow((record) => this.#records.add(record));
    this.#ready = this.#open(scheduler);
    this.#ready.catch((error: unknown) =>
      this.waits.end(() => this.#losses.schedulerUnreachable(error as RolecallError)),
    );
  }

  /** Resolves when the scheduler has said welcome. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Why nothing can be asked of the cluster any more. */
  get endReason(): RolecallError | undefined {
    return this.waits.endReason;
  }

  /** The id by which the cluster knows an array of this client. */
  globalId(array: ClientArray): number {
    return arrayId(this.#id, array.sequence);
  }

  newArray(about: { readonly count: number; readonly name: string; readonly fn: string | null }): ClientArray {
    if (this.endReason !== undefined) throw this.endReason;
    const array = new ClientArray({ ...about, sequence: this.#sequence++ });
    this.arrays.set(array.sequence, array);
    return array;
  }

  /** True if the function must be sent along with the next array that uses it. */
  useFunction(hash: string): boolean {
    return this.#functions.add(hash);
  }

  /** Sent at the end of this turn, after all that was sent before. Waits for the connection. */
  send(message: ClientToScheduler): void {
    if (this.#early !== undefined) this.#early.push(message);
    else this.#channel?.send(message);
  }

  /** The client waits for values of an array: small ones shall ride along. */
  want(array: ClientArray): void {
    if (array.valuesWanted) return;
    array.valuesWanted = true;
    this.send({ type: 'want', array: array.sequence });
  }

  /** Nobody can use these tasks of an array any more. */
  release(array: ClientArray, ranges: Ranges): void {
    if (!this.arrays.has(array.sequence)) return;
    array.forget(ranges);
    if (array.released.size < array.count)
      return this.send({ type: 'release', array: array.sequence, ranges: ranges.toWire() });
    this.send({ type: 'release', array: array.sequence, ranges: null });
    this.arrays.delete(array.sequence);
    if (array.fn !== null) this.#functions.remove(array.fn);
  }

  cancel(array: ClientArray, ranges: Ranges): void {
    const error = new RolecallError('ERR_CANCELLED', `Task \`${array.name}\` was cancelled`);
    const bytes = this.codec.encodeError(error);
    const cancelled = new Ranges();
    for (const index of ranges.indices()) if (!array.isSettled(index)) cancelled.add(index, 1);
    if (cancelled.size === 0) return;
    this.send({ type: 'cancel', array: array.sequence, ranges: cancelled.toWire(), buffers: [bytes] });
    const failure: Failure = { code: 'ERR_CANCELLED', error: bytes, task: array.name, worker: '', attempt: 0 };
    for (const [start, count] of cancelled.pairs()) {
      for (let i = start; i < start + count; i++) array.failures.set(i, failure);
      array.move(start, count, CANCELLED);
    }
  }

  retry(array: ClientArray, ranges: Ranges): void {
    const failed = new Ranges();
    for (const index of ranges.indices()) if (array.failures.has(index)) failed.add(index, 1);
    if (failed.size === 0) return;
    this.#losses.tasksRetried(array, failed.indices());
    for (const [start, count] of failed.pairs()) array.move(start, count, PENDING);
    this.send({ type: 'retry', array: array.sequence, ranges: failed.toWire() });
  }

  /** The value of a finished task; waits if it was lost and is computed again. Rejects with the task's error. */
  async value(array: ClientArray, index: number): Promise<unknown> {
    for (let tries = 0; ; tries++) {
      await this.settled(array, index);
      if (array.status(index) === 'released') throw releasedError(array);
      const failure = array.failures.get(index);
      if (failure !== undefined) throw await errorOf(this.codec, failure);
      const bytes = array.bytesOf(index) ?? (await this.#fetch(array, index));
      if (bytes === undefined && tries > MOST_FETCHES) throw unreachableError(array, index);
      if (bytes === undefined) continue;
      const prepared = this.codec.prepare(bytes);
      if (prepared !== undefined) await prepared;
      return this.codec.decode(bytes);
    }
  }

  /** Resolves when the task has a value or an error, or was released. */
  settled(array: ClientArray, index: number): Promise<void> {
    if (array.isSettled(index)) return Promise.resolve();
    return this.waits.add((resolve) => array.onSettled(index, resolve));
  }

  /** Values of finished tasks that one worker holds are here afterwards, unless they were lost meanwhile. */
  fetchRange(array: ClientArray, start: number, count: number): Promise<void> {
    return this.waits.hold(this.#fetchRange(array, start, count));
  }

  /** Puts a value on workers, the next ones in turn, and makes it known. */
  async put(array: ClientArray, scattered: ScatteredValue, copies: number | 'all'): Promise<void> {
    using value = scattered; // held until the workers have their own
    await this.#ready;
    let placed = 0;
    for (let tries = 0; ; tries++) {
      if (this.workers.size === 0) await this.workers.untilAtLeast(1);
      const wanted = copies === 'all' ? this.workers.size : Math.min(copies, this.workers.size);
      if (placed >= wanted) return;
      const worker = this.workers.next();
      try {
        await this.#peers.put(worker, this.globalId(array), 0, value.encoded);
        this.send({ type: 'scattered', array: array.sequence, index: 0, worker, bytes: value.bytes });
        placed++;
      } catch (error) {
        if (tries < 2 * this.workers.size && this.endReason === undefined) continue;
        const bytes = this.codec.encodeError(error);
        return this.send({ type: 'scatter-failed', array: array.sequence, index: 0, buffers: [bytes] });
      }
    }
  }

  /** Calls the listener with what the ranks recorded and record. Returns how to stop. */
  onLog(listener: (record: LogRecord) => void): () => void {
    if (!this.#logsWanted) this.send({ type: 'logs' });
    this.#logsWanted = true;
    return this.#records.follow(listener);
  }

  async close(): Promise<void> {
    this.waits.end(() => new RolecallError('ERR_CLIENT_CLOSED', 'The client was closed'));
    await this.#ready.catch(() => {});
    this.#channel?.keepAlive(true);
    await Promise.all([this.#channel?.close(), this.#peers.close()]);
    this.#losses.close();
    for (const array of this.arrays.values()) array.dropValues();
  }

  async #open({ addresses, transports }: SchedulerAddress): Promise<void> {
    const channel = await openChannel<SchedulerToClient, ClientToScheduler>(transports, addresses, {
      hello: ownHello('client'),
      parse: parseSchedulerToClient,
    });
    const welcomed = Promise.withResolvers<number>();
    channel.limitSilence(WELCOME_MS);
    channel.start({
      messages: (batch) => {
        for (const message of batch) this.#onMessage(message, welcomed.resolve);
      },
      closed: (reason) => {
        this.waits.end(() => this.#losses.schedulerGone(reason));
        welcomed.reject(this.endReason);
      },
    });
    channel.limitSilence(await welcomed.promise);
    this.#channel = channel;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) channel.send(message);
    channel.keepAlive(this.waits.isAny);
  }

  #onMessage(message: SchedulerToClient, welcomed: (silenceMs: number) => void): void {
    switch (message.type) {
      case 'welcome':
        this.#id = message.id;
        this.#changeWorkers({ joined: message.workers, left: [] });
        return welcomed(message.silenceMs);
      case 'workers':
        return this.#changeWorkers(message);
      case 'finished':
        return this.#onFinished(message);
      case 'failed':
        return this.#onFailed(message);
      case 'unfinished':
        return this.#eachRange(message, (array, start, count) => array.move(start, count, PENDING));
      case 'output':
        return printOutput(message satisfies Output);
      case 'notice':
        return printNotice(message.level, message.text);
      case 'log':
        return this.#records.add(message.record);
      case 'ending':
        this.#losses.endingText = message.reason;
        return;
      case 'alive':
        return;
    }
  }

  #onFinished({
    array: sequence,
    start,
    count,
    worker,
    buffers,
  }: Extract<SchedulerToClient, { type: 'finished' }>): void {
    const array = this.arrays.get(sequence);
    if (array === undefined) return;
    if (buffers.length > 0) array.keep(start, packedFromBuffers(buffers[0], buffers[1], count) satisfies PackedValues);
    array.move(start, count, FINISHED, worker);
  }

  #onFailed(message: Extract<SchedulerToClient, { type: 'failed' }>): void {
    const { code, task, worker, attempt, buffers } = message;
    const failure: Failure = { code, task, worker, attempt, error: buffers[0] ?? new Uint8Array() };
    this.#eachRange(message, (array, start, count) => {
      this.#losses.tasksFailed(array, count, failure);
      for (let i = start; i < start + count; i++) if (!array.failures.has(i)) array.failures.set(i, failure);
      array.move(start, count, code === 'ERR_CANCELLED' ? CANCELLED : FAILED);
    });
  }

  #eachRange(
    message: { readonly array: number; readonly ranges: readonly number[] },
    visit: (array: ClientArray, start: number, count: number) => void,
  ): void {
    const array = this.arrays.get(message.array);
    if (array === undefined) return;
    for (const [start, count] of Ranges.fromWire(message.ranges).pairs()) visit(array, start, count);
  }

  #changeWorkers({ joined, left }: Pick<WorkersMessage, 'joined' | 'left'>): void {
    const leftIds = left.map(({ id }) => id);
    this.#losses.workersLeft(left, this.workers.all);
    this.#peers.workersChanged(joined, leftIds);
    this.workers.changed(joined, leftIds);
  }

  async #fetch(array: ClientArray, index: number): Promise<Uint8Array | undefined> {
    await this.fetchRange(array, index, 1);
    return array.bytesOf(index);
  }

  async #fetchRange(array: ClientArray, start: number, count: number): Promise<void> {
    const holder = array.holders[start] as number;
    try {
      const blocks = await this.#peers.get(holder, this.globalId(array), start, count);
      let at = start;
      for (const block of blocks) {
        array.keep(at, block);
        at += block.ends.length;
      }
    } catch (error) {
      await this.#whenGone(holder, error as RolecallError);
    }
  }

  /** A holder did not answer. If it is gone the scheduler says where the value is next; if it is there, the way to it is not. */
  async #whenGone(holder: number, error: RolecallError): Promise<void> {
    if (this.endReason !== undefined) throw this.endReason;
    const deadline = new Promise<'late'>((resolve) => setTimeout(resolve, GONE_MS, 'late').unref());
    const gone = this.workers.untilGone(holder);
    if (!hasCode(error, 'ERR_DATA_LOST') && (await Promise.race([gone, deadline])) === 'late') throw error;
    await new Promise((resolve) => setImmediate(resolve)); // what the scheduler says of the value comes right behind
  }
}

/** How long the scheduler may take to say welcome. */
const WELCOME_MS = 30_000;
/** How long a worker that does not answer may take to be noticed as gone. */
const GONE_MS = 10_000;
/** A value may be lost and made again, but not for ever. */
const MOST_FETCHES = 100;
