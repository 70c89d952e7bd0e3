import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Identity } from './identity.ts';

/** How many workers share the cores of this rank, as far as can be told. */
export function workersOnNode({ size, localSize }: Identity, nWorkers: number): number {
  if (localSize === undefined) return 1;
  return localSize === size ? nWorkers : localSize;
}

/**
 * Tasks to run at once: one per core that the rank may use. A rank that was bound to some of the cores has them for itself; ranks
 * that may all use the same ones share them.
 *
 * @param usable cores that this process may use
 * @param onNode cores that the ranks of the node have together
 */
export function slotsOf(usable: number, onNode: number, workersHere: number): number {
  if (usable < onNode) return usable;
  return Math.max(1, Math.floor(onNode / Math.max(1, workersHere)));
}

export function defaultSlots(workersHere: number): number {
  return slotsOf(availableParallelism(), coresOnNode(process.env), workersHere);
}

/** Slurm may have given this job only some of the node, and not hold its processes to them. */
function coresOnNode(env: Readonly<Record<string, string | undefined>>): number {
  const given = Number(env['SLURM_CPUS_ON_NODE']);
  return given >= 1 ? Math.min(given, cpus().length) : cpus().length;
}

/** Where libraries for computing look how many threads they may start in a process. */
const LIBRARY_VARIABLES = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'BLIS_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'RAYON_NUM_THREADS',
] as const;

/**
 * What to set of these, so that all slots together do not start more threads than there are cores. What the user has set
 * stays; an `OMP_NUM_THREADS` of the user's holds for all.
 */
export function libraryThreads(
  env: Readonly<Record<string, string | undefined>>,
  cores: number,
  slots: number,
): Record<string, string> {
  const count = env['OMP_NUM_THREADS'] ?? String(Math.max(1, Math.floor(cores / slots)));
  const unset = LIBRARY_VARIABLES.filter((name) => env[name] === undefined);
  return Object.fromEntries(unset.map((name) => [name, count]));
}

/** The part of the memory that values may take; the rest is for heaps, and for what tasks make of them. */
const VALUES_PART = 0.6;

/** Bytes of values to keep in memory: of what the machine has, or the container may use, shared with the workers beside. */
export function defaultMemoryBytes(workersHere: number): number {
  const limit = process.constrainedMemory(); // 0 or huge: there is none
  const usable = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.floor((usable * VALUES_PART) / Math.max(1, workersHere));
}
