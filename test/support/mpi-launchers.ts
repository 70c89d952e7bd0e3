/** What starts ranks of MPI programs, as far as it is on this machine. Everything they open stays on the loopback interface. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface MpiLauncher {
  readonly name: 'Open MPI' | 'MPICH';
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** What stands before the program and its arguments on the command line. */
  words(ranks: number): string[];
  /** How to get it. */
  readonly get: string;
}

const GET = 'as root on Debian `npm test` installs it (scripts/hpc-packages)';

export const OPEN_MPI: MpiLauncher = {
  name: 'Open MPI',
  program: 'mpirun.openmpi',
  words: (ranks) => ['--oversubscribe', '-n', String(ranks)],
  env: {
    OMPI_ALLOW_RUN_AS_ROOT: '1',
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
    OMPI_MCA_oob_tcp_if_include: 'lo',
    OMPI_MCA_btl: 'self,vader',
    OMPI_MCA_pml: 'ob1',
  },
  get: `apt-get install openmpi-bin; ${GET}`,
};

export const MPICH: MpiLauncher = {
  name: 'MPICH',
  program: 'mpiexec.hydra',
  words: (ranks) => ['-iface', 'lo', '-n', String(ranks)],
  env: { UCX_TLS: 'self,posix' },
  get: `apt-get install mpich; ${GET}`,
};

export const MPI_LAUNCHERS = [OPEN_MPI, MPICH];

/** What is missing for a launcher, in words for a skipped test; null if it is there. */
export function missingLauncher({ program, get }: MpiLauncher): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program))) ? null : `no ${program}. ${get}`;
}
