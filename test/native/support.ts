import { readdirSync, readFileSync } from 'node:fs';
import type { uvu } from 'uvu';
import { loadAddon } from '../../src/native/load.ts';

/** Declares tests that need the addon. Where it cannot be built they are skipped, and say what is missing. */
export function addonTest<Context>(test: uvu.Test<Context>): (title: string, body: uvu.Callback<Context>) => void {
  const { missing } = loadAddon();
  return (title, body) => {
    test(title, missing === null ? body : () => console.log(`SKIP ${title}: no addon, ${missing}`));
  };
}

/** Maps of memory without a name in a process. */
export function mapsOf(pid: number | 'self'): number {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').split('/memfd:rolecall').length - 1;
}

export function descriptorsOf(pid: number | 'self'): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
