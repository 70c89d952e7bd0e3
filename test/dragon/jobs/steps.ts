/** Says what carries packets, has a value of one worker read by others, waits for the gate, computes, and says it again. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const large = await client.submit((n: number) => new Uint8Array(n).fill(7), 3_000_000);

const held = client.with({ workers: [3] }).submit((n: number) => new Float64Array(n).fill(7), 1_000_000);
const last = await client.with({ workers: [2] }).submit((array: Float64Array) => array.at(-1), held);
const reading = client.with({ workers: [2] }).submit(async (array: Float64Array) => {
  while (!existsSync('gate')) await delay(50);
  return array.reduce((a, b) => a + b, 0);
}, held);

const { packets, values } = runner.transports;
console.log(`before: ${packets}, ${large.byteLength}, values: ${values}, ${last}`);
while (!existsSync('gate')) await delay(50);
const numbers = client.map(
  async (n: number) => n * n,
  Array.from({ length: 1000 }, (_, i) => i),
);
const sum = client.submit((all: number[]) => all.reduce((a, b) => a + b, 0), numbers);
const again = client.submit((array: Float64Array) => array.length * (array.at(-1) ?? 0), held);
console.log(`read: ${await reading}, ${await again}`);
console.log(`after: ${await sum}, ${runner.transports.packets}`);
