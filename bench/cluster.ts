/** Task throughput, CPU per task, latency, start and scatter on a local cluster of two workers. */
import { Client, LocalRunner } from 'rolecall';
import type { Figure } from './figure.ts';
import { cpuMs, median, processTree, quantile, repeat, timed } from './measure.ts';

const noop = (_: number): void => {};

export async function benchCluster(quick: boolean): Promise<Figure[]> {
  const ups = await repeat(quick ? 2 : 5, () => timed(startAndStop));
  const starts: number[] = ups.map((_, i) => startMs[i] as number);
  await using runner = new LocalRunner({ nWorkers: 2, workerOptions: { slots: 1 } });
  await using client = new Client(runner);
  await client.waitForWorkers(2);
  const tree = processTree();
  const n = quick ? 50_000 : 200_000;
  const items = Array.from({ length: n }, (_, i) => i);
  await client.map(noop, items); // the functions are compiled, the times of tasks known

  const cpuBefore = cpuMs(tree);
  const maps = await repeat(quick ? 3 : 9, () => timed(() => client.map(noop, items)));
  const cpuPerTask = (cpuMs(tree) - cpuBefore) / (maps.length * n);

  await repeat(200, (i) => timed(() => client.submit((x: number) => x + 1, i)));
  const submits = await repeat(quick ? 500 : 3000, (i) => timed(() => client.submit((x: number) => x + 1, i)));

  const value = new Uint8Array(1e8).fill(7);
  const scatters = await repeat(quick ? 2 : 5, () => timed(() => scatterOnce(client, value)));

  return [
    {
      name: 'empty tasks by map, 2 workers',
      value: n / (median(maps) / 1000),
      unit: 'tasks/s',
      note: 'at least 60,000',
    },
    { name: 'CPU per empty task, all processes', value: cpuPerTask * 1000, unit: 'µs', note: 'at most 25' },
    { name: 'submit to result, p50', value: median(submits) * 1000, unit: 'µs', note: 'at most 300' },
    { name: 'submit to result, p99', value: quantile(submits, 0.99) * 1000, unit: 'µs', note: '' },
    { name: 'local cluster of 4 ranks up', value: median(starts) / 1000, unit: 's', note: 'at most 0.5' },
    { name: 'local cluster of 4 ranks up and down', value: median(ups) / 1000, unit: 's', note: '' },
    { name: 'scatter 100 MB', value: 0.1 / (median(scatters) / 1000), unit: 'GB/s', note: '' },
  ];
}

const startMs: number[] = [];

async function startAndStop(): Promise<void> {
  const start = performance.now();
  await using runner = new LocalRunner({ nWorkers: 2, workerOptions: { slots: 1 } });
  await using client = new Client(runner);
  await client.waitForWorkers(2);
  startMs.push(performance.now() - start);
}

async function scatterOnce(client: Client, value: Uint8Array): Promise<void> {
  using future = client.scatter(value);
  await client.wait([future]);
}
