import { RolecallError } from '../errors.ts';
import { loadAddon } from '../native/load.ts';
import { BaseRunner } from './base-runner.ts';
import type { Identity } from './identity.ts';
import { type Environment, isPbsdshTask } from './launchers.ts';
import { claimRank } from './pbs-claim.ts';
import { endFromPbs } from './pbs-end.ts';
import { pbsHosts, ranksOfNode } from './pbs-nodes.ts';
import { launchedIdentity } from './place.ts';
import { canUsePmi } from './pmi-descriptor.ts';
import type { Means } from './rendezvous/meeting-point.ts';
import { chooseSharedFolder } from './shared-folder.ts';
import { ownIdentity } from './surroundings.ts';

/**
 * Turns the tasks of a PBS job into a cluster: started by `mpiexec` (PALS, MPICH, Intel MPI, Open MPI), whose ranks they have, or by
 * `pbsdsh`. Torque's gives ranks; OpenPBS's gives none, so each task takes one in the folder where they meet, and how many there
 * are is the number of lines of PBS_NODEFILE, or ROLECALL_SIZE.
 *
 * @throws {RolecallError} as `BaseRunner`; `ERR_RUNNER_START` if this is no task of a job, or more were started than it has.
 */
export class PBSRunner extends BaseRunner {
  override identity(): Identity {
    if (ownIdentity() === undefined && isPbsdshTask(process.env))
      return pbsdshIdentity(process.env, (identity) => this.chooseFolder(identity));
    return launchedIdentity(this.constructor.name);
  }

  protected override get ranksAreCalled(): string {
    return 'PBS tasks';
  }

  /** Less than `kill_delay`, after which PBS ends what is left (10 s unless the site changed it). */
  protected override get defaultDrainMs(): number {
    return 8000;
  }

  protected override findJobEnd(): number | undefined {
    return super.findJobEnd() ?? endFromPbs(process.env);
  }

  /**
   * Hydra, the mpiexec of MPICH and Intel MPI, offers PMI, and Open MPI a broadcast; pbsdsh neither. What PALS offers could not be
   * tried, and where it runs all nodes share folders.
   */
  protected override chooseMeans(): Means {
    if (this.options.directory !== undefined) return 'folder';
    if (canUsePmi(process.env)) return 'pmi1';
    return ownIdentity()?.launcher === 'openmpi' && loadAddon().addon !== null ? 'mpi' : 'folder';
  }

  protected override chooseDirectory(identity: Identity): string {
    return this.options.directory ?? chooseSharedFolder(identity, process.env);
  }
}

/** @param folderOf where the ranks of a start meet */
function pbsdshIdentity(env: Environment, folderOf: (identity: Identity) => string): Identity {
  const job = env['PBS_JOBID'] as string;
  const hosts = pbsHosts(env) ?? [];
  const size = /^\d{1,9}$/.test(env['ROLECALL_SIZE'] ?? '') ? Number(env['ROLECALL_SIZE']) : hosts.length;
  if (size === 0) throw sizeUnknown(job);
  const node = Number(env['PBS_NODENUM'] ?? 0);
  const near = ranksOfNode(hosts, node);
  const localSize = near.length === 0 ? undefined : near.length;
  const unknown = { launcher: 'openpbs', rank: 0, size, localRank: undefined, localSize, node, job, run: job };
  const rank = claimRank({ folder: folderOf(unknown), size, node, hosts, job });
  return { ...unknown, rank, localRank: near.includes(rank) ? near.indexOf(rank) : undefined };
}

function sizeUnknown(job: string): RolecallError {
  const what = `the file of nodes of PBS job ${job} cannot be read here, so it is not known how many ranks there are`;
  const way =
    'Hand it over: `pbsdsh -- env ROLECALL_SIZE=$(wc -l < $PBS_NODEFILE) …`; `rolecall script pbs --with pbsdsh` prints all of it';
  return new RolecallError('ERR_RUNNER_START', `Cannot take a rank: ${what}. ${way}`);
}
