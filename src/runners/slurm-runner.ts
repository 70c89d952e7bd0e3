import { BaseRunner } from './base-runner.ts';
import type { Identity } from './identity.ts';
import { slurmIdentity } from './place.ts';
import { canUsePmi } from './pmi-descriptor.ts';
import type { Means } from './rendezvous/meeting-point.ts';
import { chooseSharedFolder } from './shared-folder.ts';
import { endFromSlurm } from './time-left.ts';

/**
 * Turns the tasks of a Slurm step, started by `srun node job.js`, into a cluster. There is nothing to configure: with
 * `srun --mpi=pmi2` they meet through Slurm itself, else in the folder from which the job was submitted, or `directory`.
 *
 * @throws {RolecallError} as `BaseRunner`; `ERR_RUNNER_START` if this is no task of a step.
 */
export class SlurmRunner extends BaseRunner {
  override identity(): Identity {
    return slurmIdentity(this.constructor.name);
  }

  protected override get ranksAreCalled(): string {
    return 'Slurm tasks';
  }

  protected override chooseMeans(): Means {
    return this.options.directory === undefined && canUsePmi(process.env) ? 'pmi1' : 'folder';
  }

  /** Less than KillWait, after which Slurm ends what is left (30 s unless the site changed it). */
  protected override get defaultDrainMs(): number {
    return 20_000;
  }

  protected override findJobEnd(): number | undefined {
    return super.findJobEnd() ?? endFromSlurm(process.env);
  }

  protected override chooseDirectory(identity: Identity): string {
    return this.options.directory ?? chooseSharedFolder(identity, process.env);
  }
}
