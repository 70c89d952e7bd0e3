/**
 * The scheduler's one impure file: turns messages and timers into events of the core, and carries its effects out. Every
 * decision is the core's.
 */
import * as v from 'valibot';
import { hasCode, RolecallError } from '../errors.ts';
import type { Message } from '../protocol/frame.ts';
import type { Hello } from '../protocol/hello.ts';
import type { ClientId, WorkerId } from '../protocol/ids.ts';
import {
  type ClientToScheduler,
  parseClientToScheduler,
  parseWorkerToScheduler,
  type SchedulerToClient,
  type SchedulerToWorker,
  type SubmitMessage,
  type WorkerInfo,
  type WorkerToScheduler,
} from '../protocol/messages.ts';
import { Channel } from '../transport/channel.ts';
import { ownHello } from '../transport/own-hello.ts';
import type { Connection, Listener, Transport } from '../transport/transport.ts';
import { applyClientMessage, FunctionTable } from './client-messages.ts';
import { assignTasks } from './core/assign.ts';
import { balanceTasks, isAnythingRunning } from './core/balance.ts';
import { type Core, newCore } from './core/core.ts';
import { onClientGone } from './core/on-client.ts';
import { onWorkerJoined, onWorkerLost, onWorkersExhausted } from './core/on-membership.ts';
import type { TaskFailure } from './core/task-array.ts';
import { MessageOutbox } from './outbox.ts';
import { applyWorkerMessage } from './worker-messages.ts';

export interface SchedulerOptions {
  readonly transport: Transport;
  /** Names or addresses of this machine to listen on. */
  readonly hosts: readonly string[];
  readonly port?: number;
  /** How long to wait for the client's rank, and for the first worker. */
  readonly startTimeoutMs: number;
  /** A worker that is silent for this long is given up. */
  readonly workerTimeoutMs: number;
  /** Workers that were started with this scheduler. When all are gone, no further ones are expected. */
  readonly expectedWorkers: number;
  /** True if a client's rank exists, whose end is the end of the cluster. */
  readonly hasRunner: boolean;
  readonly log: (level: 'debug' | 'warn', text: string) => void;
}

export interface ClusterEnd {
  /** Undefined if the client's rank asked for the end. */
  readonly error: RolecallError | undefined;
  /** Whether the client's rank has joined. */
  readonly runnerJoined: boolean;
  /** Names of the workers that have joined, whether they stayed or not. */
  readonly workersJoined: ReadonlySet<string>;
}

interface WorkerPeer {
  readonly channel: Channel<WorkerToScheduler, SchedulerToWorker>;
  readonly info: WorkerInfo;
  heardAt: number;
}

const BALANCE_MS = 20;
const BEAT_CHECK_MS = 1000;
const END_MS = 5000;

const aboutWorker = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  host: v.pipe(v.string(), v.maxLength(1000)),
  pid: v.pipe(v.number(), v.safeInteger()),
  slots: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(100_000)),
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(1000))), v.maxLength(100)),
});

type AnyChannel = Channel<Message, Message>;

export class SchedulerServer {
  readonly #options: SchedulerOptions;
  readonly #core: Core;
  readonly #outbox: MessageOutbox;
  readonly #functions = new FunctionTable();
  readonly #workers = new Map<WorkerId, WorkerPeer>();
  readonly #clients = new Map<ClientId, Channel<ClientToScheduler, SchedulerToClient>>();
  readonly #ended = Promise.withResolvers<ClusterEnd>();
  readonly #timers: NodeJS.Timeout[] = [];
  #listener: Listener | undefined;
  #runner: AnyChannel | undefined;
  /** How tasks fail when every worker is gone and none will come. */
  #exhausted: ((task: string) => TaskFailure) | undefined;
  #nextId = 1;
  #joined = 0;
  /** Peers that have connected and are not known yet. */
  readonly #guests = new Set<Promise<void>>();
  /** Who has come, to stay or not. */
  readonly #seen = { runner: false, workers: new Set<string>() };
  #ending = false;
  #balancing: NodeJS.Timeout | undefined;

  private constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#outbox = new MessageOutbox(
      {
        toWorker: (id, message) => this.#workers.get(id)?.channel.send(message),
        toClient: (id, message) => this.#clients.get(id)?.send(message),
        toAllClients: (message) => this.#toAllClients(message),
        log: options.log,
      },
      this.#functions,
    );
    this.#core = newCore(this.#outbox);
    this.#outbox.core = this.#core;
  }

  /** @throws {RolecallError} `ERR_CONNECT` if it cannot listen. */
  static async start(options: SchedulerOptions): Promise<SchedulerServer> {
    const server = new SchedulerServer(options);
    const { transport, hosts, port = 0 } = options;
    const refused = (error: RolecallError): void => options.log('warn', error.message);
    server.#listener = await transport.listen({ hosts, port, refused }, (connection) => {
      const guest = server.#welcome(connection).finally(() => server.#guests.delete(guest));
      server.#guests.add(guest);
    });
    server.#timers.push(setInterval(() => server.#giveUpSilentWorkers(), BEAT_CHECK_MS));
    if (options.hasRunner) server.#timers.push(setTimeout(() => server.#checkStarted(), options.startTimeoutMs));
    return server;
  }

  get addresses(): readonly string[] {
    return this.#listener?.addresses ?? [];
  }

  /** Resolves when the cluster has ended: all told, all gone, nothing listening. */
  get ended(): Promise<ClusterEnd> {
    return this.#ended.promise;
  }

  /** Ends the cluster. `error` is why, if it is not as wished. */
  async end(error?: RolecallError): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearInterval(this.#balancing);
    const reason = error?.message ?? 'the client left';
    this.#toAllClients({ type: 'ending', reason });
    for (const { channel } of this.#workers.values()) channel.send({ type: 'stop', reason });
    const channels: AnyChannel[] = [
      ...this.#clients.values(),
      ...[...this.#workers.values()].map((worker) => worker.channel),
    ];
    if (this.#runner !== undefined) channels.push(this.#runner);
    const late = new Promise((resolve) => setTimeout(resolve, END_MS).unref());
    await Promise.race([Promise.all(channels.map((channel) => channel.close())), late]);
    for (const channel of channels) channel.destroy();
    await this.#listener?.close();
    await Promise.race([Promise.all(this.#guests), late]);
    this.#ended.resolve({ error, runnerJoined: this.#seen.runner, workersJoined: this.#seen.workers });
  }

  async #welcome(connection: Connection): Promise<void> {
    const parse = (message: Message, peer: Hello): Message =>
      (peer.role === 'worker' ? parseWorkerToScheduler(message) : parseClientToScheduler(message)) as Message;
    const opening = Channel.open<Message, Message>(connection, { hello: ownHello('scheduler'), parse });
    const channel = await opening.catch((error: Error) => {
      this.#options.log(this.#ending ? 'debug' : 'warn', error.message);
    });
    if (channel === undefined) return;
    this.#see(channel.peer);
    if (this.#ending) return channel.close();
    if (channel.peer.role === 'worker') this.#addWorker(channel);
    else if (channel.peer.role === 'runner') this.#addRunner(channel);
    else this.#addClient(channel as unknown as Channel<ClientToScheduler, SchedulerToClient>);
  }

  #see({ role, about }: Hello): void {
    if (role === 'runner') this.#seen.runner = true;
    const name = (about as { readonly name?: unknown } | null)?.name;
    if (role === 'worker' && typeof name === 'string') this.#seen.workers.add(name);
  }

  #addWorker(untyped: AnyChannel): void {
    const channel = untyped as unknown as WorkerPeer['channel'];
    const about = v.safeParse(aboutWorker, channel.peer.about);
    if (!about.success) {
      this.#options.log('warn', `worker ${channel.peer.process} does not say who it is`);
      return channel.destroy();
    }
    const id = this.#nextId++;
    const info: WorkerInfo = { id, ...about.output };
    const peer: WorkerPeer = { channel, info, heardAt: performance.now() };
    channel.send({ type: 'welcome', id, workers: this.#workerInfos() });
    this.#workers.set(id, peer);
    this.#joined++;
    this.#exhausted = undefined;
    channel.start({
      messages: (batch) => this.#onWorkerMessages(peer, batch),
      closed: (reason) => this.#loseWorker(peer, describeLoss(reason)),
    });
    this.#workersChanged({ type: 'workers', joined: [info], left: [] }, id);
    onWorkerJoined(this.#core, info, performance.now());
    this.#assign();
  }

  #addClient(channel: Channel<ClientToScheduler, SchedulerToClient>): void {
    const id = this.#nextId++;
    this.#clients.set(id, channel);
    channel.send({ type: 'welcome', id, workers: this.#workerInfos() });
    channel.start({
      messages: (batch) => this.#onClientMessages(id, batch),
      closed: () => {
        this.#clients.delete(id);
        onClientGone(this.#core, id);
        this.#functions.sweep(this.#core);
        this.#assign();
      },
    });
  }

  /** The client's rank itself: its life is the life of the cluster. */
  #addRunner(channel: AnyChannel): void {
    this.#runner = channel;
    channel.start({
      messages: () => void this.end(),
      closed: (reason) => {
        if (reason === undefined) return void this.end();
        const who = `The client (rank ${String(channel.peer.about ?? '?')}, ${channel.peer.process.split('-')[0]})`;
        const text = `${who} ended without leaving its block: ${describeLoss(reason)}`;
        void this.end(new RolecallError('ERR_CONNECTION_LOST', text, { cause: reason }));
      },
    });
  }

  #onWorkerMessages(peer: WorkerPeer, batch: readonly WorkerToScheduler[]): void {
    const now = performance.now();
    peer.heardAt = now;
    for (const message of batch) {
      if (message.type === 'beat') continue;
      if (message.type === 'output') this.#forwardOutput(peer, message);
      else if (!this.#applied(peer, message, now)) return;
    }
    this.#assign();
  }

  /** A worker whose messages make no sense is not believed any further; its tasks run elsewhere. */
  #applied(peer: WorkerPeer, message: Parameters<typeof applyWorkerMessage>[2], now: number): boolean {
    try {
      if (message.type === 'missing') this.#outbox.describeAgain(peer.info.id, message.array);
      applyWorkerMessage(this.#core, peer.info.id, message, now);
      return true;
    } catch (error) {
      if (!hasCode(error, 'ERR_PROTOCOL')) throw error;
      this.#loseWorker(peer, error.message);
      return false;
    }
  }

  #onClientMessages(id: ClientId, batch: readonly ClientToScheduler[]): void {
    for (const message of batch) {
      if (message.type === 'end') return void this.end();
      try {
        applyClientMessage(this.#core, this.#functions, id, message);
      } catch (error) {
        if (!hasCode(error, 'ERR_PROTOCOL')) throw error;
        this.#options.log('warn', `client ${id}: ${error.message}`);
        if (message.type === 'submit') this.#refuse(id, message);
      }
    }
    if (this.#exhausted !== undefined) onWorkersExhausted(this.#core, this.#exhausted);
    this.#functions.sweep(this.#core);
    this.#assign();
  }

  /** Whoever waits for tasks that were never taken must not wait for ever. */
  #refuse(client: ClientId, { array, count, name }: SubmitMessage): void {
    const about = { code: 'ERR_PROTOCOL', task: name, worker: '', attempt: 0 };
    this.#clients
      .get(client)
      ?.send({ type: 'failed', array, ranges: [0, count], ...about, buffers: [new Uint8Array()] });
  }

  #forwardOutput(peer: WorkerPeer, message: Extract<WorkerToScheduler, { type: 'output' }>): void {
    const { task, stream, text } = message;
    const output: SchedulerToClient = { type: 'output', worker: peer.info.name, task, stream, text };
    const client = this.#core.arrays.get(message.array)?.client;
    if (client === undefined) this.#toAllClients(output);
    else this.#clients.get(client)?.send(output);
  }

  #loseWorker(peer: WorkerPeer, reason: string): void {
    const { id, name, host } = peer.info;
    if (!this.#workers.delete(id)) return;
    peer.channel.destroy();
    if (this.#ending) return;
    const running = this.#core.workers.get(id)?.outstanding ?? 0;
    const where = `worker ${name} on ${host} (pid ${peer.info.pid})`;
    this.#workersChanged({ type: 'workers', joined: [], left: [{ id, reason }] });
    const failure = (code: string) => (task: string) => ({
      code,
      error: new Uint8Array(),
      task,
      worker: where,
      attempt: 0,
    });
    onWorkerLost(this.#core, id, failure('ERR_WORKER_LOST'));
    this.#outbox.workerGone(id);
    const again = this.#workers.size === 0 ? 'fail, for no worker is left' : 'run again';
    const cost = running === 0 ? '' : `; ${running === 1 ? 'one task' : `${running} tasks`} that it had: ${again}`;
    this.#outbox.notice('warn', `lost ${where}: ${reason}${cost}`);
    if (this.#workers.size === 0 && this.#joined >= this.#options.expectedWorkers) {
      this.#exhausted = failure('ERR_NO_WORKERS');
      onWorkersExhausted(this.#core, this.#exhausted);
    }
    this.#assign();
  }

  #assign(): void {
    assignTasks(this.#core, performance.now());
    if (this.#balancing !== undefined || !isAnythingRunning(this.#core)) return;
    this.#balancing = setInterval(() => {
      balanceTasks(this.#core, performance.now());
      if (isAnythingRunning(this.#core)) return;
      clearInterval(this.#balancing);
      this.#balancing = undefined;
    }, BALANCE_MS);
  }

  #giveUpSilentWorkers(): void {
    const now = performance.now();
    for (const peer of this.#workers.values()) {
      const silentMs = now - peer.heardAt;
      if (silentMs > this.#options.workerTimeoutMs)
        this.#loseWorker(peer, `silent for ${Math.round(silentMs / 1000)} s`);
    }
  }

  #checkStarted(): void {
    const { startTimeoutMs } = this.#options;
    if (this.#runner !== undefined && this.#joined > 0) return;
    const who = this.#runner === undefined ? "the client's rank" : 'a worker';
    void this.end(
      new RolecallError('ERR_DEADLINE', `Waited ${startTimeoutMs} ms (startTimeoutMs) for ${who} to join, in vain`),
    );
  }

  #workerInfos(): WorkerInfo[] {
    return [...this.#workers.values()].map((worker) => worker.info);
  }

  #workersChanged(message: Extract<SchedulerToClient, { type: 'workers' }>, except?: WorkerId): void {
    this.#toAllClients(message);
    for (const [id, { channel }] of this.#workers) if (id !== except) channel.send(message);
  }

  #toAllClients(message: SchedulerToClient): void {
    for (const channel of this.#clients.values()) channel.send(message);
  }
}

/** Why a peer is gone, in words for the user. */
function describeLoss(reason: RolecallError | undefined): string {
  if (reason === undefined) return 'it left';
  if (reason.code !== 'ERR_CONNECTION_LOST') return reason.message;
  return 'its connection broke without a goodbye, so it was probably killed';
}
