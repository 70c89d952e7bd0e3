/**
 * A job that comes to a stage of its life, says so by a file `at-<stage>-<rank>` in a folder, and stays there until that folder has a
 * file `hold` (stages of the start and the end) or `work` (tasks). Words: the folder, the stage, the rank that stays in the
 * stage `ending`, and how the client ends itself there, if it does. In the stage `running` each task has started programs, which say so by
 * a file `started-by-<task>-<pid>`.
 */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner, exec, type Future } from 'rolecall';

const [folder, stage, staying, how] = process.argv.slice(2) as [string, string, string, string];
const BLOCK_BYTES = 8_000_000;

/** Held here, so that they are still wanted when the block is left. */
let squares: Future<number>[] = [];

async function opened(gate: string): Promise<void> {
  while (!existsSync(`${folder}/${gate}`)) await delay(5);
}

async function stay(at: string, rank: number, gate: string): Promise<void> {
  if (stage !== at) return;
  writeFileSync(`${folder}/at-${at}-${rank}`, '');
  await opened(gate);
}

writeFileSync(`${folder}/started-${process.env['ROLECALL_RANK'] ?? 1}`, '');

await using runner = createRunner({
  nWorkers: 2,
  hooks: {
    beforeSchedulerStart: ({ rank }) => stay('before', rank, 'hold'),
    beforeWorkerStart: ({ rank }) => stay('during', rank, 'hold'),
    onClose: async ({ rank }) => {
      if (String(rank) === staying) await stay('ending', rank, 'hold');
    },
  },
});
if (how === 'Ctrl-C twice') process.once('SIGINT', () => writeFileSync(`${folder}/interrupted`, '')); // as if it saved something
await using client = new Client(runner);
await client.waitForWorkers(0); // the connection stands
console.log(`at ${runner.schedulerAddress}`);
await run();

async function run(): Promise<void> {
  if (stage === 'during' && (await arrived('during'))) return;
  const workerIsStruck = staying === '2' && (stage === 'before' || stage === 'during');
  await client.waitForWorkers(workerIsStruck ? 1 : 2);
  if (stage === 'idle') {
    if (await arrived('idle')) return;
    await opened('work');
  }
  if (stage === 'moving') {
    const moving = move();
    moving.catch(() => {}); // where the block is left, it ends with that
    if (await arrived('moving')) return;
    await moving;
  }
  squares = [1, 2, 3, 4, 5].map((x) => on(2 + (x % 2)).submit(square, x, 2 + (x % 2)));
  if (stage === 'running') {
    while (!existsSync(`${folder}/running-2`) || !existsSync(`${folder}/running-3`)) await delay(5);
    if (await arrived('running')) return;
  }
  console.log(`squares ${await client.gather(squares)}`);
}

/** Says that the client has come to the stage. Ends it there if it shall, or returns true if its block is to be left. */
async function arrived(at: string): Promise<boolean> {
  writeFileSync(`${folder}/at-${at}-1`, '');
  if (how === 'throws') throw new RangeError('thrown in the block');
  if (how === 'exits with 7') process.exit(7);
  if (how !== 'leaves a rejection') return how === 'returns';
  void Promise.reject(new RangeError('never caught'));
  await opened('never');
  return false;
}

async function square(x: number, worker: number): Promise<number> {
  if (stage === 'running') startPrograms(x);
  writeFileSync(`${folder}/running-${worker}`, '');
  if (stage === 'running') await opened('work');
  return x * x;
}

/** One by `exec`, one that does not heed SIGTERM, one in a session of its own. */
function startPrograms(x: number): void {
  const sleep = `: > ${folder}/started-by-${x}-$$; exec sleep 600`;
  exec('sh', ['-c', sleep]).catch(() => {}); // it ends with the task
  spawn('sh', ['-c', `trap '' TERM; ${sleep}`], { stdio: 'ignore' });
  spawn('sh', ['-c', sleep], { stdio: 'ignore', detached: true });
}

function on(worker: number): Client {
  return client.with({ workers: worker, allowOtherWorkers: true });
}

/** Values on their way between the workers, and to the client, all the time. */
async function move(): Promise<void> {
  while (!existsSync(`${folder}/work`)) {
    const block = on(2).submit((bytes: number) => new Uint8Array(bytes), BLOCK_BYTES);
    const lengths = [2, 3].map((worker) => on(worker).submit((bytes: Uint8Array) => bytes.length, block));
    const copy = on(3).submit((bytes: Uint8Array) => bytes.slice(1), block);
    await Promise.all([...lengths, copy]);
    writeFileSync(`${folder}/at-moving-2`, '');
  }
}
