/** A scheduler with everything that it needs, and peers that have the key but do what they like. */
import type { Message } from '../../src/protocol/frame.ts';
import { SchedulerServer } from '../../src/scheduler/server.ts';
import type { SchedulerOptions } from '../../src/scheduler/server-options.ts';
import { Channel } from '../../src/transport/channel.ts';
import { InprocTransport } from '../../src/transport/inproc.ts';
import { ownHello } from '../../src/transport/own-hello.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { waitUntil } from '../support/wait-until.ts';

export interface AnyMessage extends Message {
  readonly [field: string]: unknown;
}

/** A peer that says whatever a test wants. */
export class Impostor {
  readonly channel: Channel<AnyMessage, AnyMessage>;
  readonly got: AnyMessage[] = [];
  hasEnded = false;

  constructor(channel: Channel<AnyMessage, AnyMessage>) {
    this.channel = channel;
    channel.start({
      messages: (batch) => this.got.push(...batch),
      closed: () => {
        this.hasEnded = true;
      },
    });
  }

  say(...messages: AnyMessage[]): void {
    for (const message of messages) this.channel.send(message);
  }

  async heard(type: string, count = 1): Promise<AnyMessage[]> {
    const all = (): AnyMessage[] => this.got.filter((message) => message.type === type);
    await waitUntil(() => all().length >= count);
    return all();
  }
}

export class Stage implements AsyncDisposable {
  readonly scheduler: SchedulerServer;
  readonly transport: Transport;
  readonly logged: string[];

  private constructor(scheduler: SchedulerServer, transport: Transport, logged: string[]) {
    this.scheduler = scheduler;
    this.transport = transport;
    this.logged = logged;
  }

  static async start(options: Partial<SchedulerOptions> = {}): Promise<Stage> {
    const transport = options.transport ?? new InprocTransport();
    const logged: string[] = [];
    const scheduler = await SchedulerServer.start({
      transport,
      hosts: [transport.scheme === 'inproc' ? 'inproc' : '127.0.0.1'],
      startTimeoutMs: 60_000,
      workerTimeoutMs: 30_000,
      schedulerTimeoutMs: 30_000,
      expectedWorkers: 100,
      hasRunner: false,
      log: (_level, text) => void logged.push(text),
      ...options,
    });
    return new Stage(scheduler, transport, logged);
  }

  async join(role: string, about: unknown = null): Promise<Impostor> {
    const connection = await this.transport.connect(this.scheduler.addresses[0] as string);
    const hello = { ...ownHello('client', about), role };
    return new Impostor(await Channel.open(connection, { hello, parse: (message) => message as AnyMessage }));
  }

  worker(name = '2'): Promise<Impostor> {
    return this.join('worker', { name, host: 'h', pid: 1, slots: 2, addresses: [], space: null });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scheduler.end();
  }
}

export const OPTIONS = { retries: 0, priority: 0, workers: [], allowOtherWorkers: false, timeoutMs: 0 };

/** A `submit` as clients send it; nothing here ever decodes the function. */
export function submit(array: number, count: number, more: object = {}): AnyMessage {
  const about = { name: 'f', fn: `hash${array}`, hasFunction: true, hasItems: false, shared: [], own: [], zip: null };
  const buffers = [new Uint8Array(2), new Uint8Array(3)];
  return { type: 'submit', array, count, ...about, options: OPTIONS, buffers, ...more } as AnyMessage;
}

/** Sizes of so many values, as `finished` carries them. */
export function sizes(count: number, bytes = 1): Uint8Array {
  return new Uint8Array(new Float64Array(count).fill(bytes).buffer);
}
