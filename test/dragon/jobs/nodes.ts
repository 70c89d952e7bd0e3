/** Says what carries packets, and that workers of all nodes compute with each other's values. */
import { hostname } from 'node:os';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const hosts = await client.map(
  async (_: number) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return (await import('node:os')).hostname();
  },
  Array.from({ length: 16 }, (_, i) => i),
);
const large = client.map((n: number) => new Uint8Array(n).fill(1), [1_000_000, 2_000_000, 3_000_000, 4_000_000]);
const bytes = client.submit((all: Uint8Array[]) => all.reduce((sum, array) => sum + array.byteLength, 0), large);
const total = await bytes;
const { packets, values } = runner.transports;
console.log(`${[...new Set(hosts)].sort()} computed ${total}, packets: ${packets}, values: ${values}`);
console.log(`client on ${hostname()}, between nodes: ${runner.transports.packetsBetweenNodes}`);
