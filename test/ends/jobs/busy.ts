/** A job whose tasks run until there is a file `gate` in its working directory. Tasks say when they have started. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner({ nWorkers: 2 });
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
console.log(`at ${runner.schedulerAddress}, client is ${process.pid}`);

async function square(x: number): Promise<number> {
  console.log('started');
  while (!existsSync('gate')) await delay(5);
  return x * x;
}

const squares = await client.map(square, [1, 2, 3, 4, 5]);
console.log(`squares ${squares}`);
