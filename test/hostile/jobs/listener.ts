/** Listens as a scheduler does and says, on each line of its input, what it holds: `open descriptors, MB of memory, MB of heap and buffers after collection, callers turned away, let in`. */
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { StreamTransport } from '../../../src/transport/stream.ts';
import type { Connection, Transport } from '../../../src/transport/transport.ts';
import { WsTransport } from '../../../src/transport/ws.ts';

const [scheme, secret] = process.argv.slice(2);
const Make: new (secret: Uint8Array) => Transport = scheme === 'wss' ? WsTransport : StreamTransport;
let [refused, accepted] = [0, 0];
const transport = new Make(new Uint8Array(Buffer.from(secret as string, 'hex')));
const listener = await transport.listen({ refused: () => refused++ }, (connection: Connection) => {
  accepted++;
  connection.open({ packet: (bytes) => connection.send([bytes]), closed: () => {} });
});
console.log(listener.addresses[0]);
for await (const _ of createInterface({ input: process.stdin })) {
  gc?.();
  console.log([...(await held()), refused, accepted].join());
}
process.exit();

/** Looking takes a descriptor: when all are used up, it waits for one. */
async function held(): Promise<number[]> {
  for (;;) {
    try {
      const { rss, heapUsed, external } = process.memoryUsage();
      const megabytes = [rss, heapUsed + external].map((bytes) => Math.round(bytes / 2 ** 20));
      return [readdirSync('/proc/self/fd').length, ...megabytes];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
      await delay(20);
    }
  }
}
