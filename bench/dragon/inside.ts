/** What `bench/dragon.ts` starts inside its namespaces: prints figures as JSON. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { DragonConnection } from '../../src/dragon/connection.ts';
import { findDragon } from '../../src/dragon/find-library.ts';
import { openPooled } from '../../src/dragon/pool.ts';
import { DragonRuntime } from '../../src/dragon/runtime.ts';
import { DragonTransport } from '../../src/dragon/transport.ts';
import {
  closeMemory,
  type MemoryTicket,
  mapMemory,
  openTicket,
  type SharedMemory,
  unmapMemory,
} from '../../src/native/memfd.ts';
import { type PooledMemory, writePooled } from '../../src/native/pool-memory.ts';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import type { Connection } from '../../src/transport/transport.ts';
import { TestRuntime } from '../../test/support/dragon/runtime.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { Figure } from '../figure.ts';
import { median, repeat, timed } from '../measure.ts';

const quick = process.argv[2] === 'quick';
const MIB = 2 ** 20;
const SIZES = { '64 bytes': 64, '64 KiB': 65_536, '1 MiB': MIB, '100 MB': 1e8 };

const opened = new WeakMap<Connection, { packet: () => void }>();

const server = await TestRuntime.start();
const secret = newSecret();
const runtime = await DragonRuntime.join({ library: findDragon().library, token: server.token, log: () => {} });
const peer = fork(new URL('./peer.ts', import.meta.url).pathname, [server.token, Buffer.from(secret).toString('hex')]);
const [[tls, dragon]] = (await once(peer, 'message')) as [[string, string]];
const figures = [...(await messages()), ...(await values(peer)), ...(await cycles())];
peer.disconnect();
await once(peer, 'exit');
await runtime.leave();
await server[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify(figures));

async function messages(): Promise<Figure[]> {
  const stream = new StreamTransport(secret);
  const overTls = await stream.connect(tls);
  const transport = new DragonTransport(stream, { current: () => runtime, ready: async () => {} });
  const overDragon = (await transport.connect(dragon)) as DragonConnection;
  const result: Figure[] = [];
  const thread: number[] = [];
  runtime.bridge.underway = (microseconds) => thread.push(microseconds);
  for (const [name, bytes, times] of [
    ['64 bytes', 64, 5000],
    ['1 MiB', MIB, 500],
  ] as const) {
    for (const [way, connection] of [
      ['Dragon', overDragon],
      ['TLS', overTls],
    ] as const) {
      const halves = await oneWay(connection, bytes, quick ? 200 : times, () => way === 'Dragon' && thread.splice(0));
      result.push({
        name: `message of ${name} over ${way}, one way in JavaScript, p50`,
        value: median(halves),
        unit: 'µs',
        note: 'half of there and back',
      });
      if (way === 'Dragon')
        result.push({
          name: `message of ${name} over ${way}, to the receiving thread, p50`,
          value: median(thread.splice(0)),
          unit: 'µs',
          note: '',
        });
    }
  }
  overTls.destroy();
  overDragon.destroy();
  return result;
}

/** In microseconds. */
async function oneWay(connection: Connection, bytes: number, times: number, warm: () => unknown): Promise<number[]> {
  let state = opened.get(connection);
  if (state === undefined) {
    const fresh = { packet: () => {} };
    connection.open({ packet: () => fresh.packet(), closed() {} });
    opened.set(connection, fresh);
    state = fresh;
    if ('path' in connection) await waitUntil(() => (connection as DragonConnection).path === 'dragon');
  }
  const now = state;
  const packet = new Uint8Array(bytes);
  const echo = (): Promise<void> =>
    new Promise((resolve) => {
      now.packet = resolve;
      connection.send([packet]);
    });
  await repeat(100, () => timed(echo));
  warm();
  return (await repeat(times, () => timed(echo))).map((ms) => ms * 500);
}

async function values(owner: ChildProcess): Promise<Figure[]> {
  const result: Figure[] = [];
  for (const [name, bytes] of Object.entries(SIZES)) {
    owner.send(bytes);
    const [{ pooled, ticket }] = (await once(owner, 'message')) as [{ pooled: MemoryTicket; ticket: MemoryTicket }];
    if (pooled.kind !== 'pool') throw new Error('the pool is full');
    const read = (memory: SharedMemory): void => {
      const buffer = mapMemory(memory);
      if (new Uint8Array(buffer)[bytes - 1] !== 7) throw new Error('it is another value');
      unmapMemory(buffer);
      closeMemory(memory);
    };
    const throughDragon = async (): Promise<void> => read(await openPooled(runtime, pooled));
    const embedded = async (): Promise<void> => read(openTicket(ticket));
    for (const [way, open] of [
      ['Dragon', throughDragon],
      ['embedded', embedded],
    ] as const) {
      await repeat(20, () => timed(open));
      const times = await repeat(quick ? 50 : 500, () => timed(open));
      result.push({
        name: `value of ${name} of another process, ${way}, p50`,
        value: median(times) * 1000,
        unit: 'µs',
        note: 'opened, its last byte read, closed',
      });
    }
  }
  return result;
}

async function cycles(): Promise<Figure[]> {
  await runtime.keepValues(16 * MIB);
  const bytes = new Uint8Array(4096);
  const cycle = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) closeMemory(writePooled([bytes]) as PooledMemory);
  };
  const maps = (): number => readFileSync('/proc/self/maps', 'utf8').split('\n').length;
  await cycle(5000);
  const before = { rss: process.memoryUsage.rss(), maps: maps() };
  const ms = await timed(() => cycle(quick ? 5000 : 100_000));
  const grown = (process.memoryUsage.rss() - before.rss) / 1e6;
  return [
    {
      name: 'put and release of 4 KiB, over and over: memory grows by',
      value: grown,
      unit: 'MB',
      note: `maps by ${maps() - before.maps}`,
    },
    { name: 'put and release of 4 KiB', value: (ms * 1000) / (quick ? 5000 : 100_000), unit: 'µs', note: '' },
  ];
}
