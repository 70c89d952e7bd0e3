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
  const { SLURM_STEP_ID: step, PMI_RANK: rank } = process.platform === 'linux' ? process.env : {};
  return {
    slurmStep: step === undefined ? undefined : nearestAbove(process.ppid, SLURM_STEP),
    hydra: rank === undefined ? undefined : nearestAbove(process.ppid, HYDRA_PROXY),
  };
}

const SLURM_STEP = /^slurmstepd: \[(.+?)\]/;
/** Words of a command line end with a NUL. */
const HYDRA_PROXY = /^[^\0]*hydra_pmi_proxy\0.*?--control-port\0([^\0]+)/;

/** What the command line of the nearest ancestor says that matches. Undefined where there is none, or it cannot be seen, as from within a container. */
function nearestAbove(from: number, pattern: RegExp): string | undefined {
  try {
    for (let pid = from, i = 0; pid > 1 && i < MOST_ANCESTORS; i++) {
      const [, found] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').match(pattern) ?? [];
      if (found !== undefined) return found;
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
