/** The folder in which the ranks of a batch job meet when its user names none. All ranks must come to the same one, each for itself. */
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { RolecallError } from '../errors.ts';
import type { Identity } from './identity.ts';
import type { Environment } from './launchers.ts';

/** Folders that are on every node, but another one on each. */
const PER_NODE = ['TMPDIR', 'SLURM_TMPDIR', 'PBS_JOBDIR', 'LOCAL_SCRATCH'];

/**
 * The first of these that can be written: from where the job was submitted, where this process runs. A temporary folder only
 * if all ranks are on one node.
 *
 * @throws {RolecallError} `ERR_RENDEZVOUS` if there is none.
 */
export function chooseSharedFolder({ size, localSize }: Identity, env: Environment): string {
  const isOneNode = localSize === size;
  const perNode = PER_NODE.flatMap((name) => env[name] ?? []).concat('/dev/shm');
  const submittedFrom = env['SLURM_SUBMIT_DIR'] ?? env['PBS_O_WORKDIR'];
  const candidates = [submittedFrom, process.cwd(), ...(isOneNode ? [tmpdir()] : [])];
  const tried = candidates.filter((folder) => folder !== undefined);
  for (const folder of tried) {
    if (!isOneNode && perNode.some((local) => isWithin(folder, local))) continue;
    if (isWritable(folder)) return folder;
  }
  const what = `none of ${[...new Set(tried)].join(', ')} can be written and is shared by all nodes`;
  const way =
    'Pass a "directory" that is (or set ROLECALL_DIRECTORY), or start with a launcher that offers PMI (`srun --mpi=pmi2`, hydra), which needs none';
  throw new RolecallError('ERR_RENDEZVOUS', `Cannot choose a folder for the ranks to meet: ${what}. ${way}`);
}

function isWithin(folder: string, parent: string): boolean {
  return folder === parent || folder.startsWith(parent.endsWith('/') ? parent : `${parent}/`);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
