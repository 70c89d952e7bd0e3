/** The other process: sends every packet back, and puts and hands over values. `node peer.ts <token> <secret>`. */
import { findDragon } from '../../src/dragon/find-library.ts';
import { DragonRuntime } from '../../src/dragon/runtime.ts';
import { DragonTransport } from '../../src/dragon/transport.ts';
import { ticketOf, writeSealed } from '../../src/native/memfd.ts';
import { writePooled } from '../../src/native/pool-memory.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import type { Connection } from '../../src/transport/transport.ts';

const [token = '', secret = ''] = process.argv.slice(2);
const runtime = await DragonRuntime.join({ library: findDragon().library, token, log: () => {} });
await runtime.keepValues(2 ** 29);
const stream = new StreamTransport(Buffer.from(secret, 'hex'));
const dragon = new DragonTransport(stream, { current: () => runtime, ready: async () => {} });
const echo = (connection: Connection): void =>
  connection.open({ packet: (bytes) => connection.send([bytes]), closed() {} });
const listeners = [await stream.listen({}, echo), await dragon.listen({}, echo)];

process.on('message', (bytes: number) => {
  const value = new Uint8Array(bytes).fill(7);
  const pooled = writePooled([value]);
  process.send?.({ pooled: pooled && ticketOf(pooled), ticket: ticketOf(writeSealed([value])) });
});
process.on('disconnect', () => void runtime.leave().then(() => process.exit()));
process.send?.(listeners.map(({ addresses }) => addresses[0]));
