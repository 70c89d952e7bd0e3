import { clockTime, commandOf, type JobRequest, NODE_LINES, nameOf, roleLines } from './job.ts';

/** More than ranks take by default to drain. */
const ANNOUNCED = 'TERM@30';
const ABOUT_SIGNAL =
  '# The ranks finish what they have begun in time: at its limit Slurm ends srun too, and that ends them at once.';
/** Slurm sends it up to a minute sooner than asked, which a shorter job cannot spare. */
const LEAST_S = 600;

/** A script for `sbatch`. */
export function slurmScript(request: JobRequest): string {
  const { nodes, tasksPerNode, seconds, account, queue, cpusPerTask, gpusPerNode, directives } = request;
  const asked = [
    `--job-name=${nameOf(request)}`,
    `--nodes=${nodes}`,
    `--ntasks-per-node=${tasksPerNode}`,
    ...(cpusPerTask === undefined ? [] : [`--cpus-per-task=${cpusPerTask}`]),
    ...(gpusPerNode === undefined ? [] : [`--gpus-per-node=${gpusPerNode}`]),
    `--time=${clockTime(seconds)}`,
    ...(queue === undefined ? [] : [`--partition=${queue}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    '--output=%x-%j.out',
    ...(seconds < LEAST_S ? [] : [`--signal=${ANNOUNCED}`]),
    ...directives,
  ];
  const cpus = [
    '# From Slurm 22.05 to 23.02 srun does not take this over from the job by itself.',
    'export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"',
  ];
  return `${[
    '#!/bin/bash',
    ...asked.map((line) => `#SBATCH ${line}`),
    ...(seconds < LEAST_S ? [] : [ABOUT_SIGNAL]),
    'set -euo pipefail',
    '',
    ...NODE_LINES,
    '',
    ...roleLines(request),
    ...(cpusPerTask === undefined ? [] : cpus),
    `exec srun ${commandOf(request)}`,
  ].join('\n')}\n`;
}
