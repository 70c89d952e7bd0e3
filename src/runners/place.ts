import { isMainThread } from 'node:worker_threads';
import { RolecallError } from '../errors.ts';
import { type Identity, identify } from './identity.ts';
import { STARTED_VARIABLE } from './role-plan.ts';

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
  const identity = identify(process.env);
  if (identity !== undefined) return identity;
  const way =
    'Start the script with `rolecall run -n 4`, srun or mpirun, or use `createRunner()`, which needs no launcher';
  throw new RolecallError('ERR_RUNNER_START', `Cannot start ${runner}: no launcher has set rank and size. ${way}`);
}
