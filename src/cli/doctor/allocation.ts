/** The nodes and ranks that a batch system has given, as its variables say in any process of the job. */
import type { Environment } from '../../runners/launchers.ts';
import { pbsHosts } from '../../runners/pbs-nodes.ts';
import { allocationOfSeveral } from '../../runners/slurm-step.ts';
import type { Layout } from '../advice.ts';

export interface Allocation extends Layout {
  readonly system: 'slurm' | 'pbs';
  readonly job: string;
}

/** Undefined outside of a job, and in a job for one rank. */
export function allocationIn(env: Environment): Allocation | undefined {
  return slurmAllocation(env) ?? pbsAllocation(env);
}

function slurmAllocation(env: Environment): Allocation | undefined {
  const allocation = allocationOfSeveral(env);
  if (allocation === undefined) return undefined;
  const { job, tasks, nodes } = allocation;
  return { system: 'slurm', job, nodes, tasksPerNode: Math.ceil(Math.max(tasks, nodes) / nodes) };
}

function pbsAllocation(env: Environment): Allocation | undefined {
  const hosts = pbsHosts(env);
  if (hosts === undefined || hosts.length < 2) return undefined;
  const nodes = new Set(hosts).size;
  return { system: 'pbs', job: env['PBS_JOBID'] as string, nodes, tasksPerNode: Math.ceil(hosts.length / nodes) };
}
