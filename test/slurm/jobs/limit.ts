/** A job whose time runs out: it says what it is told of that, and leaves its block when the tasks that have begun are done. */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner({ drainMs: 3000 });
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const about = (leftMs: number | undefined): string =>
  leftMs === undefined ? 'unknown' : `${Math.round(leftMs / 1000)} s`;
const [last] = process.argv.slice(2);
using _ = runner.onTimeLeft(
  ({ reason, leftMs }) => {
    console.log(`told ${reason}, left: ${about(leftMs)}`);
    if (reason === last) writeFileSync('gate', '');
  },
  { beforeMs: 4000 },
);
console.log(`begins with ${about(runner.timeLeftMs)}`);
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
