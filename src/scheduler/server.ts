/**
 * The scheduler's one impure file: turns messages and timers into events of the core, and carries its effects out. Every
 * decision is the core's.
 */
import { hasCode, RolecallError } from '../errors.ts';
import { LogFeed } from '../logs/log-feed.ts';
import { nowText } from '../logs/when.ts';
import type { Message } from '../protocol/frame.ts';
import type { Hello } from '../protocol/hello.ts';
import { arrayId, type ClientId } from '../protocol/ids.ts';
import {
  type ClientToScheduler,
  parseClientToScheduler,
  parseWorkerToScheduler,
  type SchedulerToClient,
  type SchedulerToWorker,
  type WorkerInfo,
  type WorkerToScheduler,
} from '../protocol/messages.ts';
import { bytesOf } from '../protocol/parts.ts';
import { Channel } from '../transport/channel.ts';
import { fewLines } from '../transport/few-lines.ts';
import { ownHello } from '../transport/own-hello.ts';
import { aliveEveryMs, Silence } from '../transport/silence.ts';
import type { Connection, Listener } from '../transport/transport.ts';
import { applyClientMessage, FunctionTable } from './client-messages.ts';
import { assignTasks } from './core/assign.ts';
import { balanceTasks, isAnythingRunning } from './core/balance.ts';
import { type Core, newCore } from './core/core.ts';
import { addCounted, type NamedTasks, noTasks } from './core/named-tasks.ts';
import { onClientGone } from './core/on-client.ts';
import {
  onWorkerJoined,
  onWorkerLeaving,
  onWorkerLost,
  onWorkersExhausted,
  unsettledTasks,
} from './core/on-membership.ts';
import type { TaskFailure } from './core/task-array.ts';
import { clientCost, clientSilent, costOf, describeLoss, whichWorker } from './losses.ts';
import { MessageOutbox } from './outbox.ts';
import {
  type AnyChannel,
  type ClientChannel,
  type Liveness,
  Peers,
  recordOf,
  type WorkerPeer,
  workerIn,
} from './peers.ts';
import { Room } from './room.ts';
import { roomHere } from './room-here.ts';
import type { ClusterEnd, SchedulerOptions } from './server-options.ts';
import { applyWorkerMessage } from './worker-messages.ts';

type TheEnd = Extract<SchedulerToWorker, { type: 'stop' }> | Extract<SchedulerToClient, { type: 'ending' }>;
type Refused = Extract<ClientToScheduler, { type: 'submit' | 'scatter' }>;

const BALANCE_MS = 20;

export class SchedulerServer {
  readonly #options: SchedulerOptions;
  readonly #liveness: Liveness;
  readonly #core: Core;
  readonly #outbox: MessageOutbox;
  readonly #functions = new FunctionTable();
  readonly #peers = new Peers();
  readonly #records = new LogFeed();
  readonly #room: Room;
  readonly #ended = Promise.withResolvers<ClusterEnd>();
  readonly #timers: NodeJS.Timeout[] = [];
  /** In ticks: a time in which this process stood still does not count. */
  #startWait: Silence | undefined;
  #listener: Listener | undefined;
  /** How tasks fail when every worker is gone and none will come. */
  #exhausted: ((task: string) => TaskFailure) | undefined;
  /** What the client's rank had not finished when it ended without a goodbye: its connections break one after the other. */
  readonly #orphaned = noTasks();
  #joined = 0;
  /** Why it ends, once it does. */
  #ending: string | undefined;
  /** A client was told why. That of the client's rank comes over a connection of its own, before or behind that rank's. */
  #clientKnows = false;
  /** Why it will end soon. */
  #draining: RolecallError | undefined;
  #balancing: NodeJS.Timeout | undefined;

  private constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#room = new Room(options.room ?? roomHere());
    const { schedulerTimeoutMs, workerTimeoutMs } = options;
    this.#liveness = { schedulerTimeoutMs, aliveMs: aliveEveryMs(schedulerTimeoutMs, workerTimeoutMs) };
    this.#outbox = new MessageOutbox(
      {
        toWorker: (id, message) => this.#peers.workers.get(id)?.channel.send(message),
        toClient: (id, message) => this.#peers.clients.get(id)?.send(message),
        toAllClients: (message) => this.#peers.toAllClients(message),
        isBehind: (id) => this.#peers.isBehind(id),
        log: options.log,
      },
      this.#functions,
    );
    options.logs?.follow((record) => this.#records.add(record));
    this.#core = newCore(this.#outbox);
    this.#outbox.core = this.#core;
  }

  /** @throws {RolecallError} `ERR_CONNECT` if it cannot listen. */
  static async start(options: SchedulerOptions): Promise<SchedulerServer> {
    const server = new SchedulerServer(options);
    const { guests } = server.#peers;
    const { transport, hosts, skipUnusable = false, port = 0 } = options;
    const refused = fewLines((text) => options.log('warn', text));
    server.#listener = await transport.listen({ hosts, skipUnusable, port, refused }, (connection) => {
      const guest = server.#welcome(connection).finally(() => guests.delete(guest));
      guests.add(guest);
    });
    // Behind all that is there to read: if this process stood still, that may be a goodbye, which is lost where a write fails first.
    const sayAlive = (): unknown => setImmediate(() => server.#peers.sayAlive());
    server.#timers.push(setInterval(sayAlive, server.#liveness.aliveMs));
    const startMs = options.startTimeoutMs + (options.startGraceMs ?? 0);
    if (options.hasRunner) server.#startWait = new Silence(startMs, () => server.#checkStarted());
    return server;
  }

  get addresses(): readonly string[] {
    return this.#listener?.addresses ?? [];
  }

  /** The client's rank is connected: what Ctrl-C means is its business. */
  get hasRunner(): boolean {
    return this.#peers.runner !== undefined;
  }

  /** Resolves when the cluster has ended: all told, all gone, nothing listening. */
  get ended(): Promise<ClusterEnd> {
    return this.#ended.promise;
  }

  /** Ends the cluster. `error` is why, if it is not as wished. */
  async end(error?: RolecallError): Promise<void> {
    if (this.#ending !== undefined) return;
    this.#ending = error?.message ?? 'the client left';
    for (const timer of this.#timers) clearInterval(timer);
    this.#startWait?.stop();
    clearInterval(this.#balancing);
    this.#options.log('info', `the cluster ends: ${this.#ending}`);
    const clients = [...this.#peers.clients.values()];
    await this.#peers.dismiss(this.#ending);
    this.#clientKnows ||= clients.some(({ heardGoodbye }) => heardGoodbye);
    await this.#listener?.close();
    await this.#peers.guestsGone();
    const { seen, runner } = this.#peers;
    const runnerKnows = runner?.heardGoodbye ?? (this.#options.hasRunner && this.#clientKnows);
    this.#ended.resolve({ error, runnerJoined: seen.runner, runnerKnows, workersJoined: seen.workers });
  }

  /** Told to end: goes on until the client's rank has left, if it is there, but no longer than the time that is left. */
  async drain(reason: string, leftMs: number): Promise<void> {
    const error = new RolecallError('ERR_SCHEDULER_LOST', `The scheduler ends: ${reason}`);
    if (this.#peers.runner === undefined || leftMs === 0) return this.end(error);
    this.#draining = error;
    this.#timers.push(setTimeout(() => void this.end(error), leftMs));
  }

  async #welcome(connection: Connection): Promise<void> {
    const parse = (message: Message, peer: Hello): Message =>
      (peer.role === 'worker' ? parseWorkerToScheduler(message) : parseClientToScheduler(message)) as Message;
    const opening = Channel.open<Message, Message>(connection, { hello: ownHello('scheduler'), parse });
    const channel = await opening.catch((error: Error) => {
      this.#options.log(this.#ending === undefined ? 'warn' : 'debug', error.message);
    });
    if (channel === undefined) return;
    this.#peers.see(channel.peer);
    if (this.#ending !== undefined) return this.#sendAway(channel, this.#ending);
    if (channel.peer.role === 'worker') this.#addWorker(channel);
    else if (channel.peer.role === 'runner') this.#addRunner(channel);
    else this.#addClient(channel as unknown as ClientChannel);
  }

  /** Whoever comes now is told why it is too late. */
  async #sendAway(channel: AnyChannel, reason: string): Promise<void> {
    const isWorker = channel.peer.role === 'worker';
    const word: TheEnd = isWorker ? { type: 'stop', reason } : { type: 'ending', reason };
    channel.send(word);
    await channel.close();
    if (!isWorker) this.#clientKnows ||= channel.heardGoodbye;
  }

  #addWorker(untyped: AnyChannel): void {
    const channel = untyped as unknown as WorkerPeer['channel'];
    const about = workerIn(channel.peer);
    if (about === undefined) {
      this.#options.log('warn', `worker ${channel.peer.process} does not say who it is`);
      return channel.destroy();
    }
    const id = this.#peers.newId();
    const info: WorkerInfo = { id, ...about };
    const peer: WorkerPeer = { channel, info };
    channel.send(this.#peers.welcome(id, this.#liveness));
    channel.limitSilence(this.#options.workerTimeoutMs);
    this.#peers.workers.set(id, peer);
    this.#joined++;
    this.#exhausted = undefined;
    channel.start({
      messages: (batch) => this.#onWorkerMessages(peer, batch),
      closed: (reason) => this.#loseWorker(peer, this.#peers.leaving.get(id) ?? describeLoss(reason)),
    });
    this.#options.log('info', `${whichWorker(info)} joined with ${info.slots} slots`);
    this.#peers.workersChanged({ type: 'workers', joined: [info], left: [] }, id);
    onWorkerJoined(this.#core, info, performance.now());
    this.#assign();
  }

  #addClient(channel: ClientChannel): void {
    const id = this.#peers.newId();
    const { log } = this.#options;
    this.#peers.clients.set(id, channel);
    log('debug', `client ${id} (${channel.peer.process}) joined`);
    channel.send(this.#peers.welcome(id, this.#liveness));
    channel.start({
      messages: (batch) => this.#onClientMessages(id, batch),
      closed: (reason) => {
        log('debug', `client ${id} left${reason === undefined ? '' : `: ${reason.message}`}`);
        if (reason !== undefined && this.#isRunners(channel)) addCounted(this.#orphaned, this.#unsettledOf(id));
        this.#peers.forget(id);
        this.#peers.clients.delete(id);
        onClientGone(this.#core, id);
        this.#functions.sweep(this.#core);
        this.#assign();
      },
    });
  }

  #unsettledOf(client: ClientId): NamedTasks {
    return unsettledTasks(this.#core, (array) => array.client === client);
  }

  /** It is a client in the client's rank, which has a connection for itself besides. */
  #isRunners({ peer }: ClientChannel): boolean {
    return peer.process === this.#peers.runner?.peer.process;
  }

  /** The client's rank itself: its life is the life of the cluster. */
  #addRunner(channel: AnyChannel): void {
    this.#peers.runner = channel;
    const { workerTimeoutMs, log } = this.#options;
    const who = `The client (rank ${String(channel.peer.about ?? '?')}, ${channel.peer.process.split('-')[0]})`;
    // It runs user code, and may not come to its event loop for long.
    const silence = new Silence(workerTimeoutMs, () => log('warn', clientSilent(who, workerTimeoutMs)));
    channel.start({
      messages: (batch) => {
        silence.heard();
        if (batch.some(({ type }) => type === 'end')) void this.end();
      },
      closed: (reason) => {
        silence.stop();
        if (reason === undefined) return void this.end();
        for (const [id, client] of this.#peers.clients)
          if (this.#isRunners(client)) addCounted(this.#orphaned, this.#unsettledOf(id));
        const cost = clientCost(this.#orphaned);
        const text = `${who} ended without leaving its block ${nowText()}: ${describeLoss(reason)}${cost}`;
        void this.end(this.#draining ?? new RolecallError('ERR_CONNECTION_LOST', text, { cause: reason }));
      },
    });
  }

  #onWorkerMessages(peer: WorkerPeer, batch: readonly WorkerToScheduler[]): void {
    const now = performance.now();
    for (const message of batch) {
      if (message.type === 'beat') continue;
      if (message.type === 'output') this.#forwardOutput(peer, message);
      else if (message.type === 'leaving') this.#letLeave(peer, message.reason);
      else if (message.type === 'log') this.#records.add(recordOf(peer.info, message));
      else if (!this.#applied(peer, message, now)) return;
    }
    this.#assign();
  }

  #letLeave(peer: WorkerPeer, reason: string): void {
    this.#options.log('info', `${whichWorker(peer.info)} leaves: ${reason}`);
    this.#peers.leaving.set(peer.info.id, reason);
    onWorkerLeaving(this.#core, peer.info.id);
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
      if (message.type === 'alive') continue;
      if (message.type === 'logs') {
        this.#peers.sendLogs(id, this.#records);
        continue;
      }
      this.#applyClientMessage(id, message);
    }
    if (this.#exhausted !== undefined) onWorkersExhausted(this.#core, this.#exhausted);
    this.#functions.sweep(this.#core);
    this.#assign();
  }

  #applyClientMessage(id: ClientId, message: Exclude<ClientToScheduler, { type: 'end' | 'logs' | 'alive' }>): void {
    try {
      if (message.type === 'submit' || message.type === 'scatter') {
        const size = { tasks: message.count, bytes: 'buffers' in message ? bytesOf(message.buffers) : 0 };
        this.#room.take(arrayId(id, message.array), size, this.#core.arrays);
      }
      applyClientMessage(this.#core, this.#functions, id, message);
    } catch (error) {
      if (!hasCode(error, 'ERR_PROTOCOL') && !hasCode(error, 'ERR_SCHEDULER_FULL')) throw error;
      this.#options.log('warn', `client ${id}: ${error.message}`);
      if (message.type === 'submit' || message.type === 'scatter') this.#refuse(id, message, error.code);
    }
  }

  /** Whoever waits for tasks that were never taken must not wait for ever. */
  #refuse(client: ClientId, { array, count, name }: Refused, code: string): void {
    const about = { code, task: name, worker: '', attempt: 0 };
    this.#peers.clients
      .get(client)
      ?.send({ type: 'failed', array, ranges: [0, count], ...about, buffers: [new Uint8Array()] });
  }

  #forwardOutput(peer: WorkerPeer, message: Extract<WorkerToScheduler, { type: 'output' }>): void {
    const { task, stream, text } = message;
    const output = { type: 'output', worker: peer.info.name, task, stream, text } as const;
    const client = this.#core.arrays.get(message.array)?.client;
    for (const id of client === undefined ? this.#peers.clients.keys() : [client]) this.#peers.sendOutput(id, output);
  }

  #loseWorker(peer: WorkerPeer, reason: string): void {
    const { id } = peer.info;
    if (!this.#peers.workers.delete(id)) return;
    this.#peers.leaving.delete(id);
    peer.channel.destroy();
    if (this.#ending !== undefined) return;
    const where = whichWorker(peer.info);
    this.#peers.workersChanged({ type: 'workers', joined: [], left: [{ id, reason }] });
    const failure = (code: string) => (task: string) => ({
      code,
      error: new Uint8Array(),
      task,
      worker: where,
      attempt: 0,
    });
    const cost = onWorkerLost(this.#core, id, failure('ERR_WORKER_LOST'));
    this.#outbox.workerGone(id);
    const isExhausted = this.#peers.workers.size === 0 && this.#joined >= this.#options.expectedWorkers;
    const then = costOf(cost, isExhausted ? unsettledTasks(this.#core) : undefined);
    const text = `lost ${where} ${nowText()}: ${reason}${then}`;
    this.#outbox.notice('warn', text);
    this.#options.log('info', text); // the client has printed it
    if (isExhausted) {
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

  #checkStarted(): void {
    const { startTimeoutMs } = this.#options;
    if (this.#peers.runner !== undefined && this.#joined > 0) return;
    const who = this.#peers.runner === undefined ? "the client's rank" : 'a worker';
    void this.end(
      new RolecallError('ERR_DEADLINE', `Waited ${startTimeoutMs} ms (startTimeoutMs) for ${who} to join, in vain`),
    );
  }
}
