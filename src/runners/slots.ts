import { availableParallelism, cpus } from 'node:os';
import type { Identity } from './identity.ts';

/** How many workers share the cores of this rank, as far as can be told. */
export function workersOnNode({ size, localSize }: Identity, nWorkers: number): number {
  if (localSize === undefined) return 1;
  return localSize === size ? nWorkers : localSize;
}

/**
 * Tasks to run at once: one per core that the rank may use. A rank that was bound to some of the cores has them for itself;
 * ranks that may all use the whole machine share it.
 */
export function defaultSlots(workersHere: number): number {
  const usable = availableParallelism();
  if (usable < cpus().length) return usable;
  return Math.max(1, Math.floor(usable / Math.max(1, workersHere)));
}
