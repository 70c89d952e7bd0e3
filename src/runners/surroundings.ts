/** What of a process's surroundings its environment does not tell, since that is inherited by whatever is started from a rank. */
import { readFileSync } from 'node:fs';
import { type Identity, identify } from './identity.ts';
import type { Surroundings } from './launchers.ts';

/** Ancestors further away than this are not asked. */
const MOST_ANCESTORS = 64;

/** Who this process is, or undefined if no launcher started it. */
export function ownIdentity(): Identity | undefined {
  return identify(process.env, ownSurroundings());
}

export function ownSurroundings(): Surroundings {
  const isInSlurm = process.env['SLURM_STEP_ID'] !== undefined && process.platform === 'linux';
  return { slurmStep: isInSlurm ? nearestSlurmStep(process.ppid) : undefined };
}

/** Undefined where there is none, or it cannot be seen, as from within a container. */
function nearestSlurmStep(from: number): string | undefined {
  try {
    for (let pid = from, i = 0; pid > 1 && i < MOST_ANCESTORS; i++) {
      const [, step] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').match(/^slurmstepd: \[(.+?)\]/) ?? [];
      if (step !== undefined) return step;
      pid = parentOf(pid);
    }
  } catch {
    // It ended meanwhile, or is not ours to look at.
  }
  return undefined;
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
