/** Says what carries packets, waits for the gate, computes, and says it again. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const large = await client.submit((n: number) => new Uint8Array(n).fill(7), 3_000_000);
const { packets, values } = runner.transports;
console.log(`before: ${packets}, ${large.byteLength}, values: ${values}`);
while (!existsSync('gate')) await delay(50);
const numbers = client.map(
  async (n: number) => n * n,
  Array.from({ length: 1000 }, (_, i) => i),
);
const sum = client.submit((all: number[]) => all.reduce((a, b) => a + b, 0), numbers);
console.log(`after: ${await sum}, ${runner.transports.packets}`);
