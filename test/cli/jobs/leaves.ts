/** A job whose task has started a program in a session of its own, and that then waits for a file `gate`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner({ nWorkers: 1 });
await using client = new Client(runner);
console.log(`client is ${process.pid}`);
await client.submit(async () => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  child.unref();
  console.log(`program is ${child.pid}`);
  while (!existsSync('gate')) await delay(5);
});
