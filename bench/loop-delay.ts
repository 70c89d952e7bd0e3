/** How long event loops stood still: imported by the benchmark and, through hooks, by scheduler and workers. */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;
let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;

export function watchLoop(): void {
  histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
}

/** The longest stand-still so far, in milliseconds. */
export function longestDelayMs(): number {
  return Math.max(0, (histogram?.max ?? 0) / 1e6 - RESOLUTION_MS);
}

export function reportDelay(file: string, rank: number): void {
  appendFileSync(file, `${rank} ${longestDelayMs()}\n`);
}
