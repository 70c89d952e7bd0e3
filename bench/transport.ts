/**
 * What the control plane can carry between two processes of one machine, over loopback.
 *
 *     node bench/transport.ts [--json]
 *
 * The other process sends each message back (`echo`), or only counts (`count`, `keep`). Medians of several rounds.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Message } from '../src/protocol/frame.ts';
import { Channel } from '../src/transport/channel.ts';
import { ownHello } from '../src/transport/own-hello.ts';
import { newSecret, type Security } from '../src/transport/security.ts';
import { StreamTransport } from '../src/transport/stream.ts';
import type { Connection, Transport } from '../src/transport/transport.ts';
import { WsTransport } from '../src/transport/ws.ts';

interface Letter extends Message {
  readonly n?: number;
  readonly text?: string;
}

interface Figures {
  readonly roundTripMicroseconds: number;
  readonly roundTripP99Microseconds: number;
  readonly smallMessagesPerSecond: number;
  readonly largeGigabytesPerSecond: number;
  readonly connectMilliseconds: number;
}

type BenchChannel = Channel<Letter, Letter>;

const ROUND_TRIPS = 5_000;
const SMALL_MESSAGES = 500_000;
const SMALL_PER_TURN = 200;
const LARGE_BYTES = 100_000_000;
const ROUNDS = 5;

const TRANSPORTS = { stream: StreamTransport, ws: WsTransport } as const;
type Kind = keyof typeof TRANSPORTS;

async function main(json: boolean): Promise<void> {
  const figures: Record<string, Figures> = {};
  for (const kind of ['stream', 'ws'] as const) {
    for (const security of [newSecret(), 'none'] as const) {
      const transport = new TRANSPORTS[kind](security);
      figures[transport.scheme] = await measure(transport, kind, security);
    }
  }
  console.log(json ? JSON.stringify(figures) : table(figures));
}

/** The other process: sends back what asks for it. */
async function answer(kind: Kind, security: Security): Promise<void> {
  const listener = await new TRANSPORTS[kind](security).listen(
    {},
    (connection) => void open(connection).then(answerAll),
  );
  process.send?.(listener.addresses[0]);
  process.on('disconnect', () => process.exit());
}

function answerAll(channel: BenchChannel): void {
  let count = 0;
  channel.start({
    messages(batch) {
      for (const message of batch) {
        if (message.type === 'echo') channel.send({ type: 'back' });
        else if (message.type === 'count') count += 1;
        else if (message.type === 'total') channel.send({ type: 'back', n: count });
      }
    },
    closed() {},
  });
}

async function measure(transport: Transport, kind: Kind, security: Security): Promise<Figures> {
  const env = { ...process.env, BENCH_SECRET: security === 'none' ? security : Buffer.from(security).toString('hex') };
  const child = fork(import.meta.filename, ['answer', kind], { env });
  const [address] = (await once(child, 'message')) as [string];
  const connects: number[] = [];
  for (let i = 0; i < 20; i++) {
    const begun = performance.now();
    const channel = await open(await transport.connect(address));
    connects.push(performance.now() - begun);
    channel.start({ messages() {}, closed() {} });
    await channel.close();
  }
  const bench = new Bench(await open(await transport.connect(address)));
  const trips = await bench.roundTrips();
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < ROUNDS; i++) small.push(await bench.smallPerSecond());
  for (let i = 0; i < ROUNDS; i++) large.push(await bench.largePerSecond());
  child.kill();
  await once(child, 'exit');
  return {
    roundTripMicroseconds: quantile(trips, 0.5) * 1000,
    roundTripP99Microseconds: quantile(trips, 0.99) * 1000,
    smallMessagesPerSecond: quantile(small, 0.5),
    largeGigabytesPerSecond: quantile(large, 0.5) / 1e9,
    connectMilliseconds: quantile(connects, 0.5),
  };
}

class Bench {
  readonly #channel: BenchChannel;
  #back: () => void = () => {};

  constructor(channel: BenchChannel) {
    this.#channel = channel;
    channel.start({ messages: () => this.#back(), closed() {} });
  }

  async roundTrips(): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < ROUND_TRIPS; i++) {
      const begun = performance.now();
      await this.#ask({ type: 'echo' });
      times.push(performance.now() - begun);
    }
    return times.slice(ROUND_TRIPS / 10);
  }

  /** Messages whose JSON is 64 bytes long, a few hundred in each turn, counted when the other side has them all. */
  async smallPerSecond(): Promise<number> {
    const text = 'x'.repeat(64 - JSON.stringify({ type: 'count', text: '' }).length);
    const begun = performance.now();
    for (let sent = 0; sent < SMALL_MESSAGES; sent += SMALL_PER_TURN) {
      for (let i = 0; i < SMALL_PER_TURN; i++) this.#channel.send({ type: 'count', text });
      await new Promise(setImmediate);
      await this.#channel.drained();
    }
    await this.#ask({ type: 'total' });
    return SMALL_MESSAGES / ((performance.now() - begun) / 1000);
  }

  async largePerSecond(): Promise<number> {
    const bytes = new Uint8Array(LARGE_BYTES).fill(1);
    const begun = performance.now();
    await this.#ask({ type: 'echo', buffers: [bytes] });
    return LARGE_BYTES / ((performance.now() - begun) / 1000);
  }

  #ask(message: Letter): Promise<void> {
    return new Promise((resolve) => {
      this.#back = resolve;
      this.#channel.send(message);
    });
  }
}

function open(connection: Connection): Promise<BenchChannel> {
  return Channel.open(connection, { hello: ownHello('worker'), parse: (message) => message });
}

function securityFrom(text: string): Security {
  return text === 'none' ? text : new Uint8Array(Buffer.from(text, 'hex'));
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * values.length)] as number;
}

function table(figures: Record<string, Figures>): string {
  const lines = Object.entries(figures).map(([scheme, f]) =>
    [
      `${scheme}:`,
      `  round trip of a small message   ${f.roundTripMicroseconds.toFixed(0)} µs (p99 ${f.roundTripP99Microseconds.toFixed(0)} µs)`,
      `  64-byte messages, one way       ${(f.smallMessagesPerSecond / 1000).toFixed(0)} k/s`,
      `  100 MB as one message           ${f.largeGigabytesPerSecond.toFixed(2)} GB/s`,
      `  connection up, hello included   ${f.connectMilliseconds.toFixed(1)} ms`,
    ].join('\n'),
  );
  return lines.join('\n');
}

if (process.argv[2] === 'answer')
  await answer(process.argv[3] as Kind, securityFrom(process.env['BENCH_SECRET'] as string));
else await main(process.argv.includes('--json'));
