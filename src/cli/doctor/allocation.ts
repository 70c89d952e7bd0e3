/** The nodes and ranks that a batch system has given, as its variables say in any process of the job. Pure. */
import type { Environment } from '../../runners/launchers.ts';
import { allocationOfSeveral } from '../../runners/slurm-step.ts';
import type { Layout } from '../advice.ts';

export interface Allocation extends Layout {
  readonly system: 'slurm' | 'pbs';
  readonly job: string;
}

/** Undefined outside of a job, and in a job for one rank. `read` reads a file and may throw. */
export function allocationIn(env: Environment, read: (file: string) => string): Allocation | undefined {
  return slurmAllocation(env) ?? pbsAllocation(env, read);
}

function slurmAllocation(env: Environment): Allocation | undefined {
  const allocation = allocationOfSeveral(env);
  if (allocation === undefined) return undefined;
  const { job, tasks, nodes } = allocation;
  return { system: 'slurm', job, nodes, tasksPerNode: Math.ceil(Math.max(tasks, nodes) / nodes) };
}

/** Its file of nodes has a line for each rank. */
function pbsAllocation(env: Environment, read: (file: string) => string): Allocation | undefined {
  const { PBS_JOBID: job, PBS_NODEFILE: file } = env;
  if (job === undefined || file === undefined) return undefined;
  try {
    const ranks = read(file)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const nodes = new Set(ranks).size;
    return ranks.length < 2 ? undefined : { system: 'pbs', job, nodes, tasksPerNode: Math.ceil(ranks.length / nodes) };
  } catch {
    return undefined;
  }
}
