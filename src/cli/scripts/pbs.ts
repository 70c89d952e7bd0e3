import { clockTime, commandOf, type JobRequest, NODE_LINES, nameOf, roleLines } from './job.ts';

export interface PbsRequest extends JobRequest {
  /** What starts the ranks. `pbsdsh` where there is no mpiexec: it passes nothing on, and its exit code is always 0. */
  readonly launcher: 'mpiexec' | 'pbsdsh';
}

/** A script for `qsub`. */
export function pbsScript(request: PbsRequest): string {
  const { nodes, tasksPerNode, seconds, account, queue, cpusPerTask = 1, gpusPerNode, directives } = request;
  const gpus = gpusPerNode === undefined ? '' : `:ngpus=${gpusPerNode}`;
  const asked = [
    `-N ${nameOf(request)}`,
    `-l select=${nodes}:ncpus=${tasksPerNode * cpusPerTask}:mpiprocs=${tasksPerNode}${gpus}`,
    '-l place=scatter',
    `-l walltime=${clockTime(seconds)}`,
    ...(queue === undefined ? [] : [`-q ${queue}`]),
    ...(account === undefined ? [] : [`-A ${account}`]),
    '-j oe',
    ...directives,
  ];
  return `${[
    '#!/bin/bash',
    ...asked.map((line) => `#PBS ${line}`),
    'set -euo pipefail',
    'cd "$PBS_O_WORKDIR" # a job begins in the home directory',
    '',
    ...NODE_LINES,
    '',
    ...roleLines(request),
    ...(request.launcher === 'mpiexec' ? mpiexecLines(request) : pbsdshLines(request)),
  ].join('\n')}\n`;
}

function mpiexecLines(request: PbsRequest): string[] {
  const { nodes, tasksPerNode } = request;
  return [
    '# Open MPI says `--map-by ppr:<ranks>:node` instead of `--ppn <ranks>`.',
    `exec mpiexec -n ${nodes * tasksPerNode} --ppn ${tasksPerNode} ${commandOf(request)}`,
  ];
}

/** Its tasks begin in the home directory, with an environment that is not this script's: what they need is handed to `env`. */
function pbsdshLines(request: PbsRequest): string[] {
  return [
    '# What ranks shall find in their environment must be named here: pbsdsh passes nothing on.',
    'exec pbsdsh -- /usr/bin/env -C "$PWD" PATH="$PATH" ROLECALL_SIZE="$(wc -l < "$PBS_NODEFILE")" \\',
    `  ROLECALL_DIRECTORY="$PWD" ROLECALL_INCLUSIVE="\${ROLECALL_INCLUSIVE:-false}" ${commandOf(request)}`,
  ];
}
