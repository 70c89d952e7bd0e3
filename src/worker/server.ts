/**
 * A worker's one impure file: connects the core to the scheduler, to other holders of values, and to the executor that
 * runs user code. Nothing of the user runs on this thread, so that it always answers.
 */
import { tmpdir } from 'node:os';
import { type ErrorCode, RolecallError } from '../errors.ts';
import { valueCodec } from '../on-demand.ts';
import { PeerPool } from '../peers/peer-pool.ts';
import { takeValue } from '../peers/take-value.ts';
import { ValueServer } from '../peers/value-server.ts';
import type { Log, LogSource } from '../protocol/log-record.ts';
import { parseSchedulerToWorker, type SchedulerToWorker, type WorkerToScheduler } from '../protocol/messages.ts';
import { referenceIn } from '../protocol/reference.ts';
import { blockOf, ownBlock, ownSpace } from '../store/shared-values.ts';
import { packStored } from '../store/store.ts';
import { TieredStore } from '../store/tiered-store.ts';
import { Channel } from '../transport/channel.ts';
import { connectAny } from '../transport/connect.ts';
import { ownHello } from '../transport/own-hello.ts';
import type { Listener, Transport } from '../transport/transport.ts';
import { type Guard, startGuard } from './children/guard.ts';
import { newWorkerMark } from './children/marks.ts';
import { TaskProcesses } from './children/task-processes.ts';
import { newWorkerCore, type WorkerCore } from './core/core.ts';
import { onFetchFailed } from './core/fetches.ts';
import { onFetched } from './core/on-scheduler.ts';
import { onGraceOver, onResults, onTaskError, onThreadDied, onThreadReady, onTimeout } from './core/on-thread.ts';
import type { FailureReport } from './core/outbox.ts';
import { countDevices } from './executors/devices.ts';
import type { Executor } from './executors/executor.ts';
import { processSlots } from './executors/processes.ts';
import { SlotExecutor } from './executors/slot-executor.ts';
import { threadSlots } from './executors/threads.ts';
import { MessageWorkerOutbox } from './outbox.ts';
import { applySchedulerMessage } from './scheduler-messages.ts';

export interface WorkerServerOptions {
  /** It listens on the first, and reaches others by whichever their addresses name. */
  readonly transports: readonly [Transport, ...Transport[]];
  readonly schedulerAddresses: readonly string[];
  /** Names or addresses of this machine to listen on for other holders of values. */
  readonly hosts: readonly string[];
  /** Hosts that cannot be listened on are left out. */
  readonly skipUnusable?: boolean;
  /** What `workers` in task options refers to: the rank. */
  readonly name: string;
  readonly host: string;
  /** After this time of silence the scheduler is given up, until it says a time itself. */
  readonly schedulerTimeoutMs?: number;
  /** Tasks run at once. */
  readonly slots: number;
  /** Which of the GPUs that this process may use is that of the first slot: ranks of a node may see the same ones. @default 0 */
  readonly firstDevice?: number | undefined;
  /** Whether a slot is a thread or a process. @default 'threads' */
  readonly executor?: 'threads' | 'processes' | undefined;
  /** Heap limit of each slot in MiB. */
  readonly heapMb?: number | undefined;
  /** Bytes of values to keep in memory; further ones go to disk. @default all */
  readonly memoryBytes?: number | undefined;
  /** Folder on a local disk for values that do not fit into memory. @default the system's temporary folder */
  readonly spillFolder?: string | undefined;
  /** How long a task that was told to stop may go on before its slot is ended, and a program of its before it is killed. */
  readonly cancelGraceMs: number;
  readonly log: Log;
  /** Where what `log` is told can be followed, for clients. */
  readonly logs?: LogSource;
}

const BEAT_MS = 1000;
/** How long the scheduler may take to say welcome, where nothing else is said. */
const WELCOME_MS = 30_000;
const MOST_QUEUED_BYTES = 32 * 2 ** 20;

export class WorkerServer {
  readonly #options: WorkerServerOptions;
  readonly #mark = newWorkerMark();
  readonly #executor: Executor;
  readonly #store: TieredStore;
  readonly #core: WorkerCore;
  readonly #peers: PeerPool;
  readonly #ended = Promise.withResolvers<RolecallError | undefined>();
  #guard: Guard | undefined;
  #listener: Listener | undefined;
  #channel: Channel<SchedulerToWorker, WorkerToScheduler> | undefined;
  #beat: NodeJS.Timeout | undefined;
  #stopLogs: (() => void) | undefined;
  #stopping = false;
  #outputLeftOut = 0;

  private constructor(options: WorkerServerOptions) {
    this.#options = options;
    this.#executor = this.#newExecutor(options);
    this.#peers = new PeerPool(options.transports);
    const { memoryBytes = Number.POSITIVE_INFINITY, spillFolder = tmpdir(), log } = options;
    this.#store = new TieredStore({ memoryBytes, spillFolder, log: (text) => log('warn', text) });
    this.#core = newWorkerCore(this.#store, this.#newOutbox(), options.slots);
  }

  /** Joins the cluster and works; threads start when there are tasks for them. @throws {RolecallError} `ERR_CONNECT`, `ERR_SECURITY`, `ERR_PROTOCOL`. */
  static async start(options: WorkerServerOptions): Promise<WorkerServer> {
    const server = new WorkerServer(options);
    server.#listenToExecutor();
    try {
      await server.#join();
    } catch (error) {
      await server.#close();
      throw error;
    }
    return server;
  }

  /** Resolves when the worker has ended: with undefined when it was told to, else with the reason. */
  get ended(): Promise<RolecallError | undefined> {
    return this.#ended.promise;
  }

  /** Bytes of all values kept here. */
  get storedBytes(): number {
    return this.#core.store.byteLength;
  }

  /** It was told to end, and will be stopped soon: gives back what it has not started, and takes nothing new. */
  leave(reason: string): void {
    this.#send({ type: 'leaving', reason });
  }

  async stop(error?: RolecallError): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#close();
    this.#ended.resolve(error);
  }

  async #join(): Promise<void> {
    const { transports, hosts, skipUnusable = false, schedulerAddresses, name, host, slots, log } = this.#options;
    const server = new ValueServer({
      get: (array: number, start: number, count: number, mostBytes: number) =>
        packStored(this.#store, array, { start, count }, mostBytes),
      roomToPut: () => this.#store.roomToPut(),
      put: async (array: number, index: number, value: Uint8Array) =>
        this.#store.add(array, index, blockOf(await takeValue(value))),
    });
    this.#listener = await transports[0].listen(
      { hosts, skipUnusable },
      (connection) => void server.serve(connection, (text) => log('warn', text)),
    );
    const where = { host, pid: process.pid, addresses: this.#listener.addresses, space: ownSpace() };
    const about = { name, slots, gpus: countDevices(process.env), ...where };
    const connection = await connectAny(transports, schedulerAddresses);
    this.#channel = await Channel.open(connection, { hello: ownHello('worker', about), parse: parseSchedulerToWorker });
    this.#channel.limitSilence(this.#options.schedulerTimeoutMs ?? WELCOME_MS); // the welcome may never come
    this.#channel.start({
      messages: (batch) => batch.forEach((message) => this.#onMessage(message)),
      closed: (reason) =>
        void this.stop(reason && new RolecallError('ERR_SCHEDULER_LOST', `The scheduler is gone: ${reason.message}`)),
    });
    log('info', `joined the scheduler at ${connection.remote}`);
    this.#stopLogs = this.#options.logs?.follow(({ time, level, text }) => {
      this.#send({ type: 'log', time, level, text });
    });
  }

  #onMessage(message: SchedulerToWorker): void {
    switch (message.type) {
      case 'alive':
        return;
      case 'welcome':
        this.#channel?.limitSilence(message.silenceMs);
        this.#beatEvery(message.aliveMs);
        return this.#peers.workersChanged(message.workers, []);
      case 'workers':
        return this.#peers.workersChanged(
          message.joined,
          message.left.map((worker) => worker.id),
        );
      case 'stop':
        return void this.stop();
      default:
        return applySchedulerMessage(this.#core, message);
    }
  }

  #newExecutor({
    firstDevice,
    name: rank,
    host,
    heapMb,
    executor = 'threads',
    cancelGraceMs,
  }: WorkerServerOptions): Executor {
    const [kind, startSlot] =
      executor === 'threads'
        ? (['thread', threadSlots(heapMb)] as const)
        : (['process', processSlots(heapMb)] as const);
    const failureOf = (code: ErrorCode, text: string): FailureReport => this.#failure(code, text);
    const taskProcesses = new TaskProcesses(cancelGraceMs);
    const slot = { firstDevice, rank, host, heapMb, kind, startSlot };
    return new SlotExecutor({ ...slot, mark: this.#mark, taskProcesses, failureOf });
  }

  #listenToExecutor(): void {
    const core = this.#core;
    this.#executor.start({
      ready: (slot) => onThreadReady(core, slot),
      results: (slot, batch, ms, made) => {
        const values = referenceIn(made) === undefined ? ownBlock(made) : made;
        onResults(core, slot, batch, { ms, values });
        this.#store.dropUnlessKept(values);
      },
      failed: (slot, batch, failure) => onTaskError(core, slot, batch, failure),
      died: (slot, failure) => onThreadDied(core, slot, failure),
      output: (array, task, stream, text) => this.#sendOutput({ type: 'output', array, task, stream, text }),
      lateError: (array, task, error) => {
        const text = `an error after the end of the task, which nobody could catch: ${error}\n`;
        this.#sendOutput({ type: 'output', array, task, stream: 'err', text });
      },
    });
  }

  #startSlot(slot: number): void {
    this.#guard ??= startGuard(this.#mark); // there is nothing to guard before
    this.#executor.startSlot(slot);
  }

  #newOutbox(): MessageWorkerOutbox {
    return new MessageWorkerOutbox({
      executor: this.#executor,
      startSlot: (slot) => this.#startSlot(slot),
      send: (message) => this.#send(message),
      fetch: ({ array, start, count }, from) => this.#peers.get(from, array, start, count),
      fetched: (key, blocks) => {
        onFetched(this.#core, key, blocks);
        for (const block of blocks) this.#store.dropUnlessKept(block);
      },
      fetchFailed: (key) => onFetchFailed(this.#core, key),
      startTimeout: (slot, { id, name, timeoutMs }) => {
        const text = `Task \`${name}\` ran longer than its timeoutMs of ${timeoutMs}`;
        setTimeout(() => onTimeout(this.#core, slot, id, this.#failure('ERR_DEADLINE', text)), timeoutMs).unref();
      },
      startGrace: (slot, batch) => {
        setTimeout(() => onGraceOver(this.#core, slot, batch), this.#options.cancelGraceMs).unref();
      },
      log: this.#options.log,
    });
  }

  #failure(code: ErrorCode, text: string): FailureReport {
    const error = new RolecallError(code, text);
    return {
      code,
      retry: code === 'ERR_DEADLINE' || code === 'ERR_TASK_CRASHED',
      error: new (valueCodec().ValueCodec)().encodeError(error),
    };
  }

  /** Output that the scheduler does not come round to reading must not fill the memory of this process. */
  #sendOutput(output: Extract<WorkerToScheduler, { type: 'output' }>): void {
    if ((this.#channel?.queuedBytes ?? 0) > MOST_QUEUED_BYTES) {
      this.#outputLeftOut++;
      return;
    }
    if (this.#outputLeftOut > 0) {
      const text = `${this.#outputLeftOut} pieces of output are left out here: the scheduler does not keep up\n`;
      this.#send({ ...output, stream: 'err', text });
    }
    this.#outputLeftOut = 0;
    this.#send(output);
  }

  #send(message: WorkerToScheduler): void {
    this.#channel?.send(message);
  }

  #beatEvery(ms: number): void {
    clearInterval(this.#beat);
    // Behind all that is there to read, as in the scheduler.
    this.#beat = setInterval(() => setImmediate(() => this.#sendBeat()), Math.min(ms, BEAT_MS));
  }

  #sendBeat(): void {
    const { store, ready } = this.#core;
    this.#send({ type: 'beat', rss: process.memoryUsage.rss(), stored: store.byteLength, queued: ready.length });
  }

  async #close(): Promise<void> {
    clearInterval(this.#beat);
    this.#stopLogs?.();
    await this.#executor.close();
    this.#guard?.release();
    await this.#listener?.close();
    await Promise.all([this.#channel?.close(), this.#peers.close()]);
  }
}
