import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PeerPool } from '../../src/peers/peer-pool.ts';
import { ValueServer } from '../../src/peers/value-server.ts';
import { blockOf } from '../../src/store/shared-values.ts';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';

const test = suite('ValueServer');

test('with too much on its way, it asks further peers to come back, and they get what they want in the end', async () => {
  const transport = new StreamTransport(newSecret());
  const value = new Uint8Array(200_000).fill(1);
  let asked = 0;
  const served = {
    get: () => {
      asked++;
      return blockOf(value);
    },
    roomToPut: () => ({ kind: 'free' }) as const,
    put: async () => {},
  };
  const server = new ValueServer(served, 1_000_000);
  const listener = await transport.listen({}, (connection) => void server.serve(connection, () => {}));
  const { addresses } = listener;
  const pools = [1, 2, 3].map(() => {
    const pool = new PeerPool([transport], null);
    pool.workersChanged(
      [{ id: 7, name: '2', host: 'here', pid: 1, slots: 1, addresses: [...addresses], space: null }],
      [],
    );
    return pool;
  });
  const answers = await Promise.all(
    pools.flatMap((pool) => Array.from({ length: 40 }, (_, i) => pool.get(7, 1, i, 1))),
  );
  assert.ok(answers.every(([block]) => block?.bytes.byteLength === value.byteLength));
  assert.ok(asked > answers.length, `${asked} questions for ${answers.length} answers: some came back`);
  await Promise.all(pools.map((pool) => pool.close()));
  await listener.close();
});

test.run();
