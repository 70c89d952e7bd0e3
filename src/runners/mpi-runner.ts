import { loadAddon } from '../native/load.ts';
import { BaseRunner, type BaseRunnerOptions, type Identity } from './base-runner.ts';
import type { Communicator } from './mpi/communicator.ts';
import { mpiFamily, sayWithoutMpi } from './mpi/libraries.ts';
import { pmiDescriptor } from './pmi-descriptor.ts';
import type { Means } from './rendezvous/meeting-point.ts';
import { ownIdentity } from './surroundings.ts';

export interface MPIRunnerOptions extends BaseRunnerOptions {
  /** What the ranks have for talking to each other already: MPI is then left alone. */
  readonly comm?: Communicator;
}

// The base constructor calls the methods below before fields of this class could be set.
const comms = new WeakMap<MPIRunner, Communicator | undefined>();
let pending: Communicator | undefined;

/**
 * Turns the ranks that `mpirun` or `mpiexec` started into a cluster. They meet in one MPI broadcast: MPI is started for it, and ended
 * at once, in a process beside each rank, so that afterwards nothing of it is left that could end ranks. Without the addon of this
 * package, without an MPI library, or where no launcher of MPI started the ranks, they meet as with other runners, and one says so.
 *
 * @throws {RolecallError} as `BaseRunner`.
 */
export class MPIRunner extends BaseRunner {
  /** @param module as for `BaseRunner` */
  constructor({ comm, ...options }: MPIRunnerOptions = {}, module?: string) {
    pending = comm;
    super(options, module);
  }

  /** @internal */
  override get comm(): Communicator | undefined {
    return comms.get(this);
  }

  override identity(): Identity {
    comms.set(this, pending);
    return pending === undefined ? super.identity() : identityIn(pending);
  }

  protected override get ranksAreCalled(): string {
    return 'MPI ranks';
  }

  protected override chooseMeans(): Means {
    if (this.comm !== undefined) return 'comm';
    if (this.options.directory !== undefined) return 'folder';
    const { missing } = loadAddon();
    if (missing === null && mpiFamily(process.env) !== undefined) return 'mpi';
    const means = pmiDescriptor(process.env) === undefined ? 'folder' : 'pmi1'; // without the addon too
    const why =
      missing === null
        ? 'no launcher of MPI has started the ranks'
        : `the addon of this package is missing: ${missing}`;
    if (this.role === (this.options.client ? 'client' : 'scheduler')) {
      sayWithoutMpi(why, means === 'pmi1' ? 'through PMI' : 'in a folder');
    }
    return means;
  }
}

/** What the launcher says besides rank and size, if it speaks of the same ranks. */
function identityIn({ rank, size }: Communicator): Identity {
  const own = ownIdentity();
  if (own?.rank === rank && own.size === size) return own;
  return { launcher: 'comm', rank, size, localRank: undefined, localSize: undefined, run: '' };
}
