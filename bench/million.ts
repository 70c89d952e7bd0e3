/** A map of a million empty tasks: does it pass, how much memory does the scheduler need, does any event loop stand still? */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, LocalRunner } from 'rolecall';
import type { Figure } from './figure.ts';
import { longestDelayMs, reportDelay, watchLoop } from './loop-delay.ts';
import { peakMb, timed } from './measure.ts';

function empty(_: number): void {}

export async function benchMillion(quick: boolean): Promise<Figure[]> {
  const n = quick ? 100_000 : 1_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-bench-'));
  const file = join(folder, 'delays');
  const hooks = {
    onSchedulerStart: () => watchLoop(),
    onWorkerStart: () => watchLoop(),
    onClose: ({ rank }: { readonly rank: number }) => reportDelay(file, rank),
  };
  let ms = 0;
  let schedulerMb = 0;
  {
    await using runner = new LocalRunner({ nWorkers: 2, workerOptions: { slots: 1 }, hooks });
    await using client = new Client(runner);
    await client.waitForWorkers(2);
    const items = Array.from({ length: n }, (_, i) => i);
    watchLoop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    ms = await timed(() => client.map(empty, items));
    schedulerMb = peakMb(runner.schedulerPid);
  }
  const delays = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  rmSync(folder, { recursive: true });
  const longest = (rank: (rank: number) => boolean): number =>
    Math.max(...delays.filter(([from]) => rank(from as number)).map(([, delay]) => delay as number));
  const count = n.toLocaleString('en');
  return [
    { name: `${count} empty tasks by one map`, value: n / (ms / 1000), unit: 'tasks/s', note: '' },
    { name: '… most memory of the scheduler', value: schedulerMb, unit: 'MB', note: 'at most 500' },
    { name: '… longest stand-still of the client', value: longestDelayMs(), unit: 'ms', note: 'at most 100' },
    { name: '… of the scheduler', value: longest((rank) => rank === 0), unit: 'ms', note: 'at most 100' },
    { name: '… of a worker', value: longest((rank) => rank > 1), unit: 'ms', note: 'at most 100' },
  ];
}
