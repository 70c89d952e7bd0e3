/** What ranks do in the folder where they meet, counted by themselves: each operation there is one for a file server. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Loaded with `--import` before a rank's program. */
export const COUNT_OPERATIONS = new URL('./count/import.ts', import.meta.url).pathname;

/** How often each rank did what, by the names of Node.js's functions. They left it in their working directory, which is tidied up. */
export function takeCounts(cwd: string): Map<number, Record<string, number>> {
  const names = readdirSync(cwd).filter((name) => name.startsWith('count-'));
  return new Map(names.map((name) => [Number(name.slice('count-'.length)), take(join(cwd, name))]));
}

function take(file: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of readFileSync(file, 'utf8').trim().split('\n')) counts[name] = (counts[name] ?? 0) + 1;
  rmSync(file);
  return counts;
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
