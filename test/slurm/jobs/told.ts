/** A job that is told that its time runs out: it opens the gate for its tasks, and leaves its block when they are done. */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner({ drainMs: 3000 });
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
using _ = runner.onTimeLeft(({ reason, leftMs }) => {
  const range =
    leftMs === undefined ? 'unknown' : leftMs <= 3000 ? 'at most 3 s' : leftMs > 240_000 ? 'minutes' : leftMs;
  console.log(`told ${reason}, left: ${range}`);
  if (reason === 'SIGTERM') writeFileSync('gate', '');
});
const left = runner.timeLeftMs ?? 0;
console.log(`begins with ${left > 240_000 && left <= 300_000 ? 'five minutes' : left}`);
const squares = client.map(
  async (x: number) => {
    const { existsSync } = await import('node:fs');
    console.log('started');
    while (!existsSync('gate')) await delay(5);
    return x * x;
  },
  [1, 2, 3, 4],
);
console.log(`squares ${await squares}`);
console.log(`more ${await client.submit((a: number) => a + 1, 1)}`);
