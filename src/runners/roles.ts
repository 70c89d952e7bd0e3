import { RolecallError } from '../errors.ts';

export type Role = 'scheduler' | 'client' | 'worker';

export interface RoleOptions {
  /** False: no rank schedules; all join a cluster that exists. */
  readonly scheduler: boolean;
  /** False: no rank runs the user's script; clients connect from outside. */
  readonly client: boolean;
  readonly schedulerRank: number;
  readonly clientRank: number;
  /** The scheduler's and the client's rank work too. */
  readonly inclusive: boolean;
}

export interface Assignment {
  readonly role: Role;
  /** This rank runs a worker besides its role. */
  readonly alsoWorks: boolean;
  /** Workers of the whole cluster. */
  readonly nWorkers: number;
}

/**
 * The role of one rank. Pure, so that all ranks, each for itself, come to the same assignment.
 *
 * @param ranks what the launcher calls its processes, for the error text: "Slurm tasks"
 * @throws {RolecallError} `ERR_ROLES` if the options contradict each other, `ERR_WORLD_TOO_SMALL` if there are too few ranks.
 */
export function assignRole(rank: number, size: number, options: RoleOptions, ranks = 'ranks'): Assignment {
  checkRoles(options);
  const { scheduler, client, schedulerRank, clientRank, inclusive } = options;
  const taken = new Set<number>();
  if (scheduler) taken.add(schedulerRank);
  if (client) taken.add(clientRank);
  const highest = Math.max(-1, ...taken);
  const needed = Math.max(highest + 1, taken.size + (inclusive && taken.size > 0 ? 0 : 1));
  if (size < needed) throw new RolecallError('ERR_WORLD_TOO_SMALL', tooSmall(ranks, size, needed, options));
  const nWorkers = inclusive ? size : size - taken.size;
  if (scheduler && rank === schedulerRank) return { role: 'scheduler', alsoWorks: inclusive, nWorkers };
  if (client && rank === clientRank) return { role: 'client', alsoWorks: inclusive, nWorkers };
  return { role: 'worker', alsoWorks: false, nWorkers };
}

function checkRoles({ scheduler, client, schedulerRank, clientRank }: RoleOptions): void {
  if (client && !scheduler) {
    const way = 'Leave out "scheduler: false", or add "client: false" to give workers to a cluster that exists';
    throw new RolecallError('ERR_ROLES', `Cannot assign roles: the client needs a scheduler. ${way}`);
  }
  if (scheduler && client && schedulerRank === clientRank) {
    const text = `Cannot assign roles: schedulerRank and clientRank are both ${clientRank}. Give them different ranks`;
    throw new RolecallError('ERR_ROLES', text);
  }
}

function tooSmall(ranks: string, size: number, needed: number, { scheduler, client, inclusive }: RoleOptions): string {
  const roles = [
    ...(scheduler ? ['scheduler'] : []),
    ...(client ? ['client'] : []),
    ...(inclusive ? [] : ['one worker']),
  ];
  const list = roles.length > 1 ? `${roles.slice(0, -1).join(', ')} and ${roles.at(-1)}` : roles.join('');
  return `Not enough ${ranks} to start the cluster: found ${size}, need at least ${needed}: ${list}`;
}
