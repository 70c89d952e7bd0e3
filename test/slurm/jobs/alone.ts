/** A job that prints where its tasks ran, and the number of its workers. */
import { hostname } from 'node:os';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const hosts = await client.map(
  async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return hostname();
  },
  Array.from({ length: 40 }),
);
console.log(`${runner.constructor.name} with ${runner.nWorkers} workers on ${[...new Set(hosts)].sort()}`);
