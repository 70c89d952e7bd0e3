/** Which MPI library the ranks must load to be one world. */

export type MpiFamily = 'openmpi' | 'mpich';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names by which the libraries of a family are found, likeliest first. Their symbols decide whether it is one. */
const NAMES: Readonly<Record<MpiFamily, readonly string[]>> = {
  openmpi: ['libmpi.so.40', 'libmpi.so.20', 'libmpi.so.12', 'libmpi.so'],
  // Debian's MPICH; MPICH, Intel MPI and MVAPICH as they come; Cray's, for the compiler that is loaded
  mpich: ['libmpich.so.12', 'libmpi.so.12', 'libmpi_cray.so.12', 'libmpi_gnu.so.12', 'libmpi_intel.so.12', 'libmpi.so'],
};

/** Set by what can start a world of the family. Without one of them, MPI may end the process, or say that it is alone. */
const SIGNS: readonly (readonly [variable: string, MpiFamily])[] = [
  ['OMPI_COMM_WORLD_RANK', 'openmpi'],
  ['PMIX_RANK', 'openmpi'],
  ['PMI_FD', 'mpich'],
  ['PALS_RANKID', 'mpich'],
  ['PMI_RANK', 'mpich'],
];

/** The family whose launcher, or whose protocol, started this process; undefined if none did. */
export function mpiFamily(env: Environment): MpiFamily | undefined {
  return SIGNS.find(([variable]) => env[variable] !== undefined)?.[1];
}

/**
 * What to load: the named one, or what the family of the launcher has.
 *
 * @param named a name or path; whoever gives it answers for its being of the right family
 */
export function libraryFor(
  env: Environment,
  named: string | undefined,
): { readonly libraries: readonly string[]; readonly family: MpiFamily | null } {
  if (named !== undefined) return { libraries: [named], family: null };
  const family = mpiFamily(env) ?? null;
  return { libraries: family === null ? [] : NAMES[family], family };
}

/** Tells the user, on one rank, that MPI is not used although it was asked for. */
export function sayWithoutMpi(why: string, where: string): void {
  process.stderr.write(`rolecall: MPI is not used for the start, because ${why}. The ranks meet ${where}\n`);
}
