/** Small tools of the benchmarks: medians, and what the kernel knows of the processes of a cluster. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in /proc; the same on every Linux that Node.js runs on. */
const TICKS = 100;

export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Runs `work` and returns how long it took, in milliseconds. */
export async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Calls `sample` so many times, one after the other. */
export async function repeat(times: number, sample: (index: number) => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < times; i++) samples.push(await sample(i));
  return samples;
}

/** This process and all that it started, directly or not. */
export function processTree(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : undefined;
    if (stat !== undefined) parents.set(Number(name), Number(afterName(stat)[1]));
  }
  const tree = [process.pid];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** CPU time of processes so far, in milliseconds. */
export function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = read(`/proc/${pid}/stat`);
    if (stat !== undefined) ticks += Number(afterName(stat)[11]) + Number(afterName(stat)[12]);
  }
  return (ticks / TICKS) * 1000;
}

/** The most memory that a process has had resident, in MB. */
export function peakMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`) ?? '')?.[1]) / 1000;
}

/** The fields behind the name of the program, which may hold anything. */
function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
