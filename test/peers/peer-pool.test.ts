import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PeerPool } from '../../src/peers/peer-pool.ts';
import { takeValue } from '../../src/peers/take-value.ts';
import { type ServedValues, ValueServer } from '../../src/peers/value-server.ts';
import { encodeReference, isReference } from '../../src/protocol/reference.ts';
import { blockOf, closeReferenced, ownSpace, ownValue } from '../../src/store/shared-values.ts';
import { packStored } from '../../src/store/store.ts';
import { type Room, TieredStore } from '../../src/store/tiered-store.ts';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import type { Connection, Listener } from '../../src/transport/transport.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { ticketIn } from '../../src/values/referenced.ts';
import { addonTest, descriptorsOf } from '../native/support.ts';
import { rejection } from '../support/rejection.ts';

interface Context {
  store: TieredStore;
  served: ServedValues;
  listener: Listener;
  pool: PeerPool;
  /** Connections that the holder has accepted. */
  connections: Connection[];
  /** How the pool sees the holder. */
  know(space: string | null, mySpace?: string | null): void;
}

const test = suite<Context>('PeerPool and ValueServer');
const withAddon = addonTest(test);
const codec = new ValueCodec();
const OPTIONS = { what: 'a value', code: 'ERR_UNSERIALISABLE_RESULT' } as const;
const LARGE = 1 << 20;

const encoded = (fill: number, size = LARGE): Uint8Array => codec.encode(new Uint8Array(size).fill(fill), OPTIONS);

test.before.each(async (context) => {
  const transport = new StreamTransport(newSecret());
  const store = new TieredStore({ memoryBytes: 1e9, spillFolder: '/tmp', log: () => {} });
  context.store = store;
  context.connections = [];
  context.served = {
    get: (array, start, count, mostBytes) => packStored(store, array, { start, count }, mostBytes),
    roomToPut: () => store.roomToPut(),
    put: async (array, index, value) => store.add(array, index, blockOf(await takeValue(value))),
  };
  const server = new ValueServer({
    get: (...asked) => context.served.get(...asked),
    roomToPut: () => context.served.roomToPut(),
    put: (...given) => context.served.put(...given),
  });
  context.listener = await transport.listen({}, (connection) => {
    context.connections.push(connection);
    void server.serve(connection, () => {});
  });
  context.know = (space, mySpace = ownSpace()) => {
    context.pool = new PeerPool([transport], mySpace);
    const { addresses } = context.listener;
    context.pool.workersChanged(
      [{ id: 7, name: '2', host: 'here', pid: 1, slots: 1, addresses: [...addresses], space }],
      [],
    );
  };
  context.know(ownSpace());
});

test.after.each(async ({ store, pool, listener }) => {
  await pool.close();
  await listener.close();
  store.delete(1, null);
});

withAddon(
  'a large value of the same machine comes as a reference, and small ones in blocks',
  async ({ store, pool }) => {
    store.add(1, 0, blockOf(Uint8Array.of(3)));
    store.add(1, 1, blockOf(Uint8Array.of(3)));
    store.add(1, 2, blockOf(ownValue(encoded(5))));
    store.add(1, 3, blockOf(Uint8Array.of(3)));
    const blocks = await pool.get(7, 1, 0, 4);
    assert.equal(
      blocks.map(({ ends }) => ends.length),
      [2, 1, 1],
    );
    const [, large] = blocks;
    assert.ok(large !== undefined && isReference(large.bytes));
    assert.is((codec.decode(large.bytes) as Uint8Array)[9], 5);
    closeReferenced(large);
  },
);

withAddon('from another machine the bytes come, and are shared here from then on', async (context) => {
  await context.pool.close();
  context.know('another machine', 'mine');
  context.store.add(1, 0, blockOf(ownValue(encoded(5))));
  const [block] = await context.pool.get(7, 1, 0, 1);
  assert.ok(block !== undefined && isReference(block.bytes));
  const ticket = ticketIn(block.bytes);
  assert.ok(ticket.kind === 'memory' && ticket.part !== undefined, 'the frame was received into it');
  assert.is((codec.decode(block.bytes) as Uint8Array)[9], 5);
  closeReferenced(block);
});

withAddon('a reference that cannot be opened is no loss: the bytes come instead', async (context) => {
  const value = encoded(5);
  const gone = {
    kind: 'memory',
    space: ownSpace(),
    pid: 1,
    startTime: '0',
    descriptor: 4711,
    inode: '1',
    bytes: LARGE,
  };
  let asked = 0;
  context.served = {
    get: () => blockOf(asked++ === 0 ? encodeReference(LARGE, gone) : value),
    roomToPut: context.served.roomToPut,
    put: () => {
      throw new Error('no');
    },
  };
  const [block] = await context.pool.get(7, 1, 0, 1);
  assert.is(asked, 2);
  assert.ok(block !== undefined);
  assert.is((codec.decode(block.bytes) as Uint8Array)[9], 5);
  closeReferenced(block);
});

withAddon('a put by reference leaves the value with the holder, and nothing here', async ({ store, pool }) => {
  const reference = ownValue(encoded(6));
  const before = descriptorsOf('self');
  await pool.put(7, 1, 0, reference);
  closeReferenced(blockOf(reference));
  assert.is((codec.decode(store.get(1, 0) as Uint8Array) as Uint8Array)[9], 6);
  store.delete(1, null);
  assert.ok(descriptorsOf('self') <= before + 3, 'but for the connection');
});

test('a holder that is making room is asked again; one that has none says why, and takes nothing', async (context) => {
  const { served, pool, store } = context;
  const rooms: Room[] = [{ kind: 'soon' }, { kind: 'soon' }, { kind: 'free' }];
  context.served = { ...served, roomToPut: () => rooms.shift() ?? { kind: 'none', why: 'it is full' } };
  await pool.put(7, 1, 0, Uint8Array.of(3));
  assert.equal([...(store.get(1, 0) as Uint8Array)], [3]);
  const { message } = await rejection(pool.put(7, 1, 1, Uint8Array.of(4)), 'ERR_SHARED_MEMORY');
  assert.match(message, /did not take a value: it is full$/);
  assert.is(store.get(1, 1), undefined);
});

test('a holder that cannot take a value says why', async (context) => {
  context.served = {
    ...context.served,
    put: () => {
      throw new Error('the disk is full');
    },
  };
  const error = await rejection(context.pool.put(7, 1, 0, Uint8Array.of(3)), 'ERR_SHARED_MEMORY');
  assert.match(error.message, 'Worker 2 did not take a value: the disk is full');
});

test('what is not there is ERR_DATA_LOST at once', async ({ pool }) => {
  const error = await rejection(pool.get(7, 1, 0, 2), 'ERR_DATA_LOST');
  assert.match(error.message, 'Worker 2 does not hold values 0+2 of array 1');
});

test('a connection that breaks is made again while the worker is in the cluster', async ({
  store,
  pool,
  connections,
}) => {
  store.add(1, 0, blockOf(Uint8Array.of(3)));
  await pool.get(7, 1, 0, 1);
  const again = pool.get(7, 1, 0, 1);
  connections[0]?.destroy();
  assert.is((await again).length, 1);
});

test('a worker that has left is not asked again', async ({ pool }) => {
  pool.workersChanged([], [7]);
  await rejection(pool.get(7, 1, 0, 1), 'ERR_CONNECTION_LOST');
});

test.run();
