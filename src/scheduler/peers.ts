/** Who is connected to the scheduler, and who has been: workers, clients, and the client's rank itself. */
import * as v from 'valibot';
import type { Message } from '../protocol/frame.ts';
import type { Hello } from '../protocol/hello.ts';
import type { ClientId, WorkerId } from '../protocol/ids.ts';
import type { LogRecord, LogSource } from '../protocol/log-record.ts';
import type {
  ClientToScheduler,
  SchedulerToClient,
  SchedulerToWorker,
  WorkerInfo,
  WorkerToScheduler,
} from '../protocol/messages.ts';
import type { Channel } from '../transport/channel.ts';

export type AnyChannel = Channel<Message, Message>;
export type ClientChannel = Channel<ClientToScheduler, SchedulerToClient>;

export interface WorkerPeer {
  readonly channel: Channel<WorkerToScheduler, SchedulerToWorker>;
  readonly info: WorkerInfo;
}

/** How the scheduler and its peers know of each other that they are alive. */
export interface Liveness {
  /** After this time of silence the scheduler is given up. */
  readonly schedulerTimeoutMs: number;
  /** How often each of them says something. */
  readonly aliveMs: number;
}

type WorkerLog = Extract<WorkerToScheduler, { type: 'log' }>;
type OutputMessage = Extract<SchedulerToClient, { type: 'output' }>;
type WorkersMessage = Extract<SchedulerToClient, { type: 'workers' }>;

/** A client that has so much to read is sent only what it cannot do without: its loop may stand still for hours. */
const MOST_QUEUED_BYTES = 32 * 2 ** 20;

/** How long peers may take to say goodbye. */
const GOODBYE_MS = 5000;

const aboutWorker = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  host: v.pipe(v.string(), v.maxLength(1000)),
  pid: v.pipe(v.number(), v.safeInteger()),
  slots: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(100_000)),
  gpus: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(100_000))),
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(1000))), v.maxLength(100)),
  space: v.nullable(v.pipe(v.string(), v.maxLength(1000))),
});

/** What a worker says of itself in its hello; undefined if that makes no sense. */
export function workerIn({ about }: Hello): Omit<WorkerInfo, 'id'> | undefined {
  const parsed = v.safeParse(aboutWorker, about);
  return parsed.success ? parsed.output : undefined;
}

/** What a worker recorded. Who it is, it is not asked again. */
export function recordOf({ name, host, pid }: WorkerInfo, { time, level, text }: WorkerLog): LogRecord {
  return { time, level, rank: name, role: 'worker', host, pid, text };
}

export class Peers {
  readonly workers = new Map<WorkerId, WorkerPeer>();
  /** Workers that were told to end, and by what. */
  readonly leaving = new Map<WorkerId, string>();
  readonly clients = new Map<ClientId, ClientChannel>();
  runner: AnyChannel | undefined;
  /** Connections whose other side is not known yet. */
  readonly guests = new Set<Promise<void>>();
  /** Who has come, to stay or not. */
  readonly seen = { runner: false, workers: new Set<string>() };
  /** How to stop sending records to a client. */
  readonly #followers = new Map<ClientId, () => void>();
  /** How many pieces of output each client was not sent. */
  readonly #leftOut = new Map<ClientId, number>();
  #nextId = 1;

  newId(): number {
    return this.#nextId++;
  }

  /** Sends a client what the ranks record, once, until it is gone. */
  sendLogs(id: ClientId, records: LogSource): void {
    if (this.#followers.has(id)) return;
    const send = (record: LogRecord): void => {
      if (!this.isBehind(id)) this.clients.get(id)?.send({ type: 'log', record });
    };
    this.#followers.set(id, records.follow(send));
  }

  forget(id: ClientId): void {
    this.#followers.get(id)?.();
    this.#followers.delete(id);
    this.#leftOut.delete(id);
  }

  isBehind(id: ClientId): boolean {
    return (this.clients.get(id)?.queuedBytes ?? 0) > MOST_QUEUED_BYTES;
  }

  /** Sends a client what a task printed. If it does not keep up, some is left out, and it is told so. */
  sendOutput(id: ClientId, output: OutputMessage): void {
    const leftOut = this.#leftOut.get(id) ?? 0;
    if (this.isBehind(id)) return void this.#leftOut.set(id, leftOut + 1);
    this.#leftOut.delete(id);
    const text = `tasks printed faster than this client reads: ${leftOut} pieces of their output are left out here`;
    if (leftOut > 0) this.clients.get(id)?.send({ type: 'notice', level: 'warn', text });
    this.clients.get(id)?.send(output);
  }

  see({ role, about }: Hello): void {
    if (role === 'runner') this.seen.runner = true;
    const name = (about as { readonly name?: unknown } | null)?.name;
    if (role === 'worker' && typeof name === 'string') this.seen.workers.add(name);
  }

  welcome(id: number, { schedulerTimeoutMs, aliveMs }: Liveness): Extract<SchedulerToWorker, { type: 'welcome' }> {
    const workers = [...this.workers.values()].map((worker) => worker.info);
    return { type: 'welcome', id, workers, silenceMs: schedulerTimeoutMs, aliveMs };
  }

  sayAlive(): void {
    const message = { type: 'alive' } as const;
    this.toAllClients(message);
    for (const { channel } of this.workers.values()) channel.send(message);
    this.runner?.send(message);
  }

  toAllClients(message: SchedulerToClient): void {
    for (const channel of this.clients.values()) channel.send(message);
  }

  /** Tells all others who has come and who is gone. */
  workersChanged(message: WorkersMessage, except?: WorkerId): void {
    this.toAllClients(message);
    for (const [id, { channel }] of this.workers) if (id !== except) channel.send(message);
  }

  /** Tells all that the cluster ends and waits for their goodbyes, but not for ever. */
  async dismiss(reason: string): Promise<void> {
    this.toAllClients({ type: 'ending', reason });
    const workers = [...this.workers.values()].map((worker) => worker.channel);
    for (const channel of workers) channel.send({ type: 'stop', reason });
    const runner = this.runner === undefined ? [] : [this.runner];
    const channels = [...this.clients.values(), ...workers, ...runner];
    await within(GOODBYE_MS, Promise.all(channels.map((channel) => channel.close())));
    for (const channel of channels) channel.destroy();
  }

  /** Waits until whoever was just arriving has been told that it is too late, but not for ever. */
  async guestsGone(): Promise<void> {
    await within(GOODBYE_MS, Promise.all(this.guests));
  }
}

async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
