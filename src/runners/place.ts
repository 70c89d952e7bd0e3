import { isMainThread } from 'node:worker_threads';
import { RolecallError } from '../errors.ts';
import type { Identity } from './identity.ts';
import { isPbsdshTask } from './launchers.ts';
import { pbsHosts } from './pbs-nodes.ts';
import { STARTED_VARIABLE } from './role-plan.ts';
import { allocationOfSeveral } from './slurm-step.ts';
import { ownIdentity } from './surroundings.ts';

/** @throws {RolecallError} `ERR_RUNNER_START` where no runner can be constructed: in a thread, or in a process that has its role. */
export function checkPlace(runner: string): void {
  if (!isMainThread) {
    throw new RolecallError(
      'ERR_RUNNER_START',
      `Cannot construct ${runner} in a worker thread: a rank is a whole process. Construct it on the main thread`,
    );
  }
  const started = process.env[STARTED_VARIABLE];
  if (started === undefined) return;
  const who = `this process, or one that started it, is or was already the ${started} of a cluster`;
  const way = 'Construct one runner per rank; in child processes use `new Client({ schedulerFile })`';
  throw new RolecallError('ERR_RUNNER_START', `Cannot construct ${runner}: ${who}. ${way}`);
}

/** @throws {RolecallError} `ERR_RUNNER_START` if no launcher started this process. */
export function launchedIdentity(runner: string): Identity {
  const identity = ownIdentity();
  if (identity !== undefined) return identity;
  checkNotAloneInAllocation(runner);
  const way =
    'Start the script with `rolecall run -n 4`, srun or mpirun, or use `createRunner()`, which needs no launcher';
  throw new RolecallError('ERR_RUNNER_START', `Cannot start ${runner}: no launcher has set rank and size. ${way}`);
}

/** @throws {RolecallError} `ERR_RUNNER_START` if this is no task of a Slurm step. */
export function slurmIdentity(runner: string): Identity {
  const identity = ownIdentity();
  if (identity?.launcher === 'slurm') return identity;
  checkNotAloneInAllocation(runner);
  const who = identity === undefined ? 'no Slurm step has' : `it was not srun but ${identity.launcher} that has`;
  const way = 'Start the script with `srun node job.js`, or use `createRunner()`, which fits every launcher';
  throw new RolecallError('ERR_RUNNER_START', `Cannot start ${runner}: ${who} started this process. ${way}`);
}

/**
 * The body of a batch script and the shell of an allocation are one process each, however many tasks were asked for.
 *
 * @throws {RolecallError} `ERR_RUNNER_START` in one for several tasks or nodes: most of them would idle.
 */
export function checkNotAloneInAllocation(runner: string): void {
  checkNotBodyOfPbsJob(runner);
  const allocation = allocationOfSeveral(process.env);
  if (allocation === undefined) return;
  const { job, tasks, nodes } = allocation;
  const what = `this is the batch script or shell of Slurm job ${job}, and one process, where the job has ${nodes} node(s) for ${tasks} task(s)`;
  const way = 'Start the script with srun, which makes a rank of it for each task: `srun node job.js`';
  const alone = 'to use this node alone, construct a LocalRunner';
  throw new RolecallError('ERR_RUNNER_START', `Cannot start ${runner}: ${what}. ${way}; ${alone}`);
}

function checkNotBodyOfPbsJob(runner: string): void {
  const hosts = isPbsdshTask(process.env) ? undefined : pbsHosts(process.env);
  if (hosts === undefined || hosts.length < 2) return;
  const what = `this is the script or shell of PBS job ${process.env['PBS_JOBID']}, and one process, where the job has ${hosts.length} ranks`;
  const way = 'Start the script with `mpiexec node job.js` or pbsdsh (`rolecall script pbs` prints how)';
  const alone = 'to use this node alone, construct a LocalRunner';
  throw new RolecallError('ERR_RUNNER_START', `Cannot start ${runner}: ${what}. ${way}; ${alone}`);
}
