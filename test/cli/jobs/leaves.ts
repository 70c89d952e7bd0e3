/** A job of which a task has started a program that ends with nothing of it, and that then waits for a file `gate`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner({ nWorkers: 1 });
await using client = new Client(runner);
const program = await client.submit(() => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  child.unref();
  return child.pid;
});
console.log(`client is ${process.pid}, program is ${program}`);
await client.submit(async () => {
  while (!existsSync('gate')) await delay(5);
});
