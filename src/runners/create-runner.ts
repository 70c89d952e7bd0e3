import { BaseRunner, type BaseRunnerOptions } from './base-runner.ts';
import { DragonRunner } from './dragon-runner.ts';
import { isPbsdshTask } from './launchers.ts';
import { LocalRunner, type LocalRunnerOptions } from './local-runner.ts';
import { MPIRunner } from './mpi-runner.ts';
import { PBSRunner } from './pbs-runner.ts';
import { checkNotAloneInAllocation } from './place.ts';
import { SlurmRunner } from './slurm-runner.ts';
import { ownIdentity } from './surroundings.ts';

/** A runner for whatever launcher set rank and size in the environment. */
export class EnvRunner extends BaseRunner {}

/**
 * The runner that fits: if a launcher started this process, its ranks form the cluster; if none did, this process starts
 * its own (`nWorkers` of them, which is ignored under a launcher).
 *
 * @throws {RolecallError} as `BaseRunner`.
 */
export function createRunner(options: BaseRunnerOptions & Pick<LocalRunnerOptions, 'nWorkers'> = {}): BaseRunner {
  const { nWorkers, ...rest } = options;
  const Launched = launchedRunner();
  if (Launched !== undefined) return new Launched(rest);
  checkNotAloneInAllocation('the runner that fits (createRunner)');
  return new LocalRunner(nWorkers === undefined ? rest : { ...rest, nWorkers });
}

/** The class for the launcher that started this process; undefined if none did. */
export function launchedRunner(launcher = ownIdentity()?.launcher): typeof BaseRunner | undefined {
  if (launcher === 'slurm') return SlurmRunner;
  if (launcher === 'dragon') return DragonRunner;
  if (launcher === undefined) return isPbsdshTask(process.env) ? PBSRunner : undefined;
  if (process.env['PBS_JOBID'] !== undefined && launcher !== 'rolecall') return PBSRunner;
  return launcher === 'openmpi' || launcher === 'mpich' ? MPIRunner : EnvRunner;
}
