/**
 * Ranks for the tasks of OpenPBS's `pbsdsh`, which get none: each takes one in the folder where they meet. A file can be made
 * once, so no two take the same. A task first tries those of its own node, in the order of the file of nodes.
 */
import { join } from 'node:path';
import { RolecallError } from '../errors.ts';
import { startTimeOf } from '../native/start-time.ts';
import { ranksOfNode } from './pbs-nodes.ts';
import { makeFolder, readIfThere, writeOnce } from './rendezvous/files.ts';
import { OWNER_FILE } from './rendezvous/temporary-folder.ts';
import { ownWhereabouts } from './rendezvous/whereabouts.ts';

export interface ClaimRequest {
  readonly folder: string;
  readonly size: number;
  /** Index of the own node. */
  readonly node: number;
  /** The host of each rank, as far as it is known. */
  readonly hosts: readonly string[];
  readonly job: string;
}

/**
 * The rank of this process: it is asked again and keeps it.
 *
 * @throws {RolecallError} `ERR_RUNNER_START` if all are taken, `ERR_RENDEZVOUS` if the folder cannot be used.
 */
export function claimRank(request: ClaimRequest): number {
  const { folder, size } = request;
  const own = JSON.stringify({ ...ownWhereabouts(), startTime: startTimeOf('self') });
  makeFolder(folder);
  for (const rank of candidates(request)) {
    const file = `claim-${rank}`;
    if (!writeOnce(folder, file, own) && readIfThere(join(folder, file)) !== own) continue;
    if (rank === 0) writeOnce(folder, OWNER_FILE, own); // by which it can be seen that the folder is left over
    return rank;
  }
  const holder = readIfThere(join(folder, 'claim-0')) ?? 'somebody';
  const what = `all ${size} ranks of PBS job ${request.job} are taken (rank 0 by ${holder})`;
  const way = `Start as many tasks as PBS_NODEFILE has lines. For another start in the same job set ROLECALL_ID to something new; if an earlier one was killed, remove ${folder}`;
  throw new RolecallError('ERR_RUNNER_START', `Cannot take a rank: ${what}. ${way}`);
}

/** Those of the own node first. */
export function candidates({ size, node, hosts }: Pick<ClaimRequest, 'size' | 'node' | 'hosts'>): number[] {
  const near = ranksOfNode(hosts, node).filter((rank) => rank < size);
  const all = Array.from({ length: size }, (_, rank) => rank);
  return [...near, ...all.filter((rank) => !near.includes(rank))];
}
