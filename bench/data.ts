/**
 * The data plane between two processes of this machine: what it costs to hand over a stored value, and how fast bytes go where memory
 * cannot be shared.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:tls';
import { closeMemory, fillSealed, mapMemory, openTicket, ticketOf, unmapMemory } from '../src/native/memfd.ts';
import { PeerPool } from '../src/peers/peer-pool.ts';
import { ValueServer } from '../src/peers/value-server.ts';
import { Rooms } from '../src/store/rooms.ts';
import { blockOf, closeReferenced, ownSpace } from '../src/store/shared-values.ts';
import { packStored } from '../src/store/store.ts';
import { TieredStore } from '../src/store/tiered-store.ts';
import { clientTlsOptions, newSecret, serverTlsOptions } from '../src/transport/security.ts';
import { StreamTransport } from '../src/transport/stream.ts';
import { ValueCodec } from '../src/values/codec.ts';
import type { Figure } from './figure.ts';
import { median, repeat, timed } from './measure.ts';

const SIZES = [64, 4096, 65_536, 1 << 20, 1e7, 1e8];
const LARGE = 1e8;
const OPTIONS = { what: 'a value', code: 'ERR_UNSERIALISABLE_RESULT' } as const;
const codec = new ValueCodec({ mapped: (buffer) => maps.push(buffer) });
let maps: ArrayBuffer[] = [];

function newStore(): TieredStore {
  return new TieredStore({ memoryBytes: Number.POSITIVE_INFINITY, spillFolder: '/tmp', log: console.error });
}

function encode(value: unknown): Uint8Array {
  const rooms = new Rooms();
  return rooms.sealed(codec.encode(value, { ...OPTIONS, allocate: rooms.allocate }));
}

/** The other process: holds one value of each size. */
async function hold(secret: Uint8Array): Promise<void> {
  const store = newStore();
  SIZES.forEach((size, i) => {
    store.add(1, i, blockOf(encode(new Uint8Array(size).fill(1))));
  });
  const server = new ValueServer({
    get: (array: number, start: number, count: number, most: number) =>
      packStored(store, array, { start, count }, most),
    roomToPut: () => store.roomToPut(),
    put: async (array: number, index: number, value: Uint8Array) => store.add(array, index, blockOf(value)),
  });
  const transport = new StreamTransport(secret);
  const listener = await transport.listen({}, (connection) => void server.serve(connection, console.error));
  const tls = createServer(serverTlsOptions(secret), (socket) => {
    socket.on('error', () => {});
    const bytes = new Uint8Array(1 << 20);
    socket.on('data', () => {
      for (let sent = 0; sent < LARGE; sent += bytes.byteLength) socket.write(bytes);
    });
  });
  await new Promise<void>((done) => tls.listen(0, '127.0.0.1', done));
  process.send?.([listener.addresses[0], (tls.address() as { port: number }).port, ownSpace()]);
  process.on('disconnect', () => process.exit());
}

async function bareTls(secret: Uint8Array, port: number): Promise<() => Promise<void>> {
  const options: object = clientTlsOptions(secret);
  const socket = connect({ ...options, port, host: '127.0.0.1' });
  await once(socket, 'secureConnect');
  return async () => {
    socket.write('go');
    let arrived = 0;
    await new Promise<void>((done) => {
      const take = (chunk: Buffer): void => {
        arrived += chunk.byteLength;
        if (arrived < LARGE) return;
        socket.off('data', take);
        done();
      };
      socket.on('data', take);
    });
  };
}

function poolTo(secret: Uint8Array, address: string, space: string | null): PeerPool {
  const pool = new PeerPool([new StreamTransport(secret)], space);
  const about = { name: '2', host: 'here', pid: 1, slots: 1 };
  pool.workersChanged([{ id: 1, ...about, addresses: [address], space }], []);
  return pool;
}

async function readOnce(pool: PeerPool, index: number): Promise<void> {
  const blocks = await pool.get(1, 1, index, 1);
  const [block] = blocks;
  if (block !== undefined) codec.decode(block.bytes);
  for (const buffer of maps) unmapMemory(buffer);
  maps = [];
  for (const one of blocks) closeReferenced(one);
}

function growth(): { readonly rss: number; readonly maps: number; readonly descriptors: number } {
  return {
    rss: process.memoryUsage.rss() / 1e6,
    maps: readFileSync('/proc/self/maps', 'utf8').split('\n').length,
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

/** What was mapped is given back in turns of the event loop, as it is where tasks run. */
async function putAndRelease(cycles: number): Promise<void> {
  const store = newStore();
  const value = new Uint8Array(300_000);
  for (let i = 0; i < cycles; i++) {
    store.add(1, 0, blockOf(encode(value)));
    codec.decode(store.get(1, 0) as Uint8Array);
    for (const buffer of maps) unmapMemory(buffer);
    maps = [];
    store.delete(1, null);
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function benchData(quick: boolean): Promise<Figure[]> {
  const secret = newSecret();
  const child = fork(import.meta.filename, ['hold'], {
    env: { ...process.env, BENCH_SECRET: Buffer.from(secret).toString('hex') },
  });
  const [[address, port, space]] = (await once(child, 'message')) as [[string, number, string | null]];
  const figures: Figure[] = [];
  const near = poolTo(secret, address, space);
  for (const [index, size] of SIZES.entries()) {
    await repeat(20, () => timed(() => readOnce(near, index)));
    const times = await repeat(quick ? 100 : 500, () => timed(() => readOnce(near, index)));
    const name = `asking for a stored value of ${size.toLocaleString('en')} bytes, and reading it, p50`;
    figures.push({ name, value: median(times) * 1000, unit: 'µs', note: 'at most 300' });
  }
  figures.push(
    ...(await benchFilling()),
    ...(await benchElsewhere(secret, address, port, quick)),
    ...(await benchGrowth(quick)),
  );
  child.disconnect();
  await near.close();
  return figures;
}

async function benchFilling(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const fill = (): Promise<number> =>
    timed(async () => closeMemory(fillSealed(LARGE, (buffer) => void new Uint8Array(buffer).fill(1))));
  const fills = await repeat(5, fill);
  const large = new Uint8Array(LARGE).fill(1);
  const encodes = await repeat(5, () => timed(async () => closeReferenced(blockOf(encode(large)))));
  figures.push(
    { name: 'filling a memfd of 100 MB', value: LARGE / 1e6 / median(fills), unit: 'GB/s', note: '' },
    {
      name: '… by encoding an array into it',
      value: LARGE / 1e6 / median(encodes),
      unit: 'GB/s',
      note: 'at least 80 % of that',
    },
  );
  const opened = fillSealed(LARGE, () => {});
  const ticket = ticketOf(opened);
  const opens = await repeat(200, () =>
    timed(async () => {
      const own = openTicket(ticket);
      unmapMemory(mapMemory(own));
      closeMemory(own);
    }),
  );
  closeMemory(opened);
  figures.push({
    name: 'handing over: opening and mapping 100 MB of another, p50',
    value: median(opens) * 1000,
    unit: 'µs',
    note: '',
  });
  return figures;
}

async function benchElsewhere(secret: Uint8Array, address: string, port: number, quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  const bare = await bareTls(secret, port);
  const far = poolTo(secret, address, null);
  const index = SIZES.indexOf(LARGE);
  const rounds = quick ? 3 : 7;
  const streams: number[] = [];
  const gets: number[] = [];
  for (let i = 0; i < rounds; i++) {
    streams.push(await timed(bare));
    gets.push(await timed(() => readOnce(far, index)));
  }
  figures.push(
    { name: 'bare TLS stream, 100 MB', value: LARGE / 1e6 / median(streams), unit: 'GB/s', note: '' },
    {
      name: '… a value of 100 MB from a worker elsewhere',
      value: LARGE / 1e6 / median(gets),
      unit: 'GB/s',
      note: 'at least 60 % of that',
    },
  );
  await far.close();
  return figures;
}

async function benchGrowth(quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  await putAndRelease(quick ? 10_000 : 100_000); // until the engine has taken what it needs for so much garbage
  const before = growth();
  await putAndRelease(quick ? 10_000 : 100_000);
  const after = growth();
  for (const what of ['rss', 'maps', 'descriptors'] as const) {
    const unit = what === 'rss' ? 'MB' : '';
    figures.push({
      name: `growth of ${what} by put and release`,
      value: after[what] - before[what],
      unit,
      note: 'none',
    });
  }
  return figures;
}

if (process.argv[2] === 'hold') await hold(Buffer.from(process.env['BENCH_SECRET'] as string, 'hex'));
