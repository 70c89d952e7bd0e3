/** A job for tests: one large value, read by every worker; then its first holder is killed. Prints what there was of it in memory. */
import { readdirSync, statSync } from 'node:fs';
import { Client, currentTask, LocalRunner } from 'rolecall';

await using runner = new LocalRunner({ nWorkers: 3, workerOptions: { slots: 1 } });
await using client = new Client(runner);
await client.waitForWorkers(3);

const grid = client.scatter(new Float64Array(1_000_000).fill(2));
const read = (g: Float64Array): [number, number] => [process.pid, g.reduce((sum, x) => sum + x, 0)];
const readers = ['2', '3', '4'].map((worker) => client.with({ workers: Number(worker) }).submit(read, grid));
const answers = await Promise.all(readers);
const pids = answers.map(([pid]) => pid);

/** Inodes of nameless memory that processes hold. */
function memories(processes: readonly number[]): number[] {
  return processes.flatMap((pid) =>
    readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      const found = statSync(`/proc/${pid}/fd/${descriptor}`, { throwIfNoEntry: false });
      return found !== undefined && found.size > 8_000_000 ? [found.ino] : [];
    }),
  );
}

const held = memories(pids);
process.kill(pids[0] as number, 'SIGKILL');
const after = await client.with({ workers: 3 }).submit((g: Float64Array) => [g[0], currentTask().worker], grid);
console.log(
  JSON.stringify({ sums: answers.map(([, sum]) => sum), held: held.length, copies: new Set(held).size, after }),
);
