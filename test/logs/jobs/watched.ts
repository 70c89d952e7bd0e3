/** A job that prints all records of its cluster, and what a task sees of its environment, until there is a file `gate`. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
client.onLog((record) => console.log(`record ${JSON.stringify(record)}`));
client.onLog((record) => console.log(`warning ${record.text}`), { level: 'warn' });
await client.waitForWorkers(runner.nWorkers);
console.log(`environment ${JSON.stringify(await client.submit(() => ({ ...process.env })))}`);
console.log(`ready, at ${runner.schedulerAddress}`);
await client.submit(async () => {
  while (!existsSync('gate')) await delay(5);
});
