/** What there is on this machine and in this process, as far as it decides anything. Looks, and changes nothing. */
import { accessSync, constants, existsSync, readdirSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, hostname, totalmem } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { findDragon } from '../../dragon/find-library.ts';
import { hasFabric } from '../../dragon/membership.ts';
import { loadAddon } from '../../native/load.ts';
import { explainIdentity, type Verdict } from '../../runners/identity.ts';
import { isPbsdshTask } from '../../runners/launchers.ts';
import { type ResolvedRunnerOptions, resolveRunnerOptions } from '../../runners/options.ts';
import { pmiDescriptor } from '../../runners/pmi-descriptor.ts';
import { STARTED_VARIABLE } from '../../runners/role-plan.ts';
import { ownSurroundings } from '../../runners/surroundings.ts';
import { type Allocation, allocationIn } from './allocation.ts';
import { type Choice, chooseHere } from './choice.ts';

export interface Folder {
  readonly path: string;
  /** Why it cannot be used; null if it can. */
  readonly problem: string | null;
  /** Name of its file system, where it is a known one. */
  readonly fileSystem: string | null;
  /** Whether other nodes see it; null if that cannot be told. */
  readonly shared: boolean | null;
}

export interface Facts {
  readonly host: string;
  readonly platform: string;
  readonly node: { readonly version: string; readonly path: string; readonly execve: boolean };
  readonly cores: { readonly usable: number; readonly machine: number };
  readonly memoryMb: number;
  /** What each launcher's variables say, for those that have any set. */
  readonly launchers: readonly Verdict[];
  /** The step of the nearest slurmstepd above this process. */
  readonly slurmStep: string | null;
  readonly allocation: Allocation | null;
  /** This is a task of OpenPBS's pbsdsh, which has no rank until a PBSRunner takes one for it. */
  readonly isPbsdshTask: boolean;
  /** The role that this process, or one that started it, has in a cluster. */
  readonly role: string | null;
  /** Null if the environment holds one that is wrong. */
  readonly options: ResolvedRunnerOptions | null;
  readonly optionsProblem: string | null;
  /** Null if an option is wrong. */
  readonly choice: Choice | null;
  /** Where ranks would meet; null if they need no folder. */
  readonly folder: Folder | null;
  readonly pmi: number | null;
  /** Why there is no addon; null if there is. */
  readonly addonMissing: string | null;
  /** Programs of launchers and batch systems that are in PATH, and where. */
  readonly programs: Readonly<Record<string, string>>;
  readonly mpiLibraries: readonly string[];
  /** Names of variables that Dragon sets in the processes that it starts. */
  readonly dragonVariables: readonly string[];
  /** Why DragonHPC cannot be used, if it is asked for; else null. */
  readonly dragonMissing: string | null;
  /** Whether there is a fast network, over which Dragon's agents are worth it. */
  readonly hasFabric: boolean;
}

const PROGRAMS = ['srun', 'sbatch', 'mpirun', 'mpiexec', 'mpiexec.hydra', 'qsub', 'pbsdsh', 'flux', 'jsrun', 'dragon'];
const MPI_LIBRARY = /^lib(mpi|mpich|mpi_cray|mpi_gnu[\w.]*)\.so(\.(12|40))?$/;

export function gatherFacts(env: NodeJS.ProcessEnv): Facts {
  const { slurmStep } = ownSurroundings();
  const { options, problem } = optionsIn(env);
  const launchers = explainIdentity(env, { slurmStep }).filter(isOfInterest);
  const identity = launchers.find(({ taken }) => taken)?.identity;
  const choice = options === null ? null : chooseHere(identity, options);
  return {
    host: hostname(),
    platform: `${process.platform} ${process.arch}`,
    node: { version: process.version, path: process.execPath, execve: typeof process.execve === 'function' },
    cores: { usable: availableParallelism(), machine: cpus().length },
    memoryMb: Math.round(Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()) / 2 ** 20),
    launchers,
    slurmStep: slurmStep ?? null,
    allocation: allocationIn(env) ?? null,
    isPbsdshTask: identity === undefined && isPbsdshTask(env),
    role: env[STARTED_VARIABLE] ?? null,
    options,
    optionsProblem: problem,
    choice,
    folder: choice?.directory == null ? null : lookAt(resolve(choice.directory)),
    pmi: pmiDescriptor(env) ?? null,
    addonMissing: loadAddon().missing,
    programs: programsIn(env),
    mpiLibraries: mpiLibrariesIn(env),
    dragonVariables: Object.keys(env)
      .filter((name) => name.startsWith('DRAGON_'))
      .sort(),
    dragonMissing: options?.transport === 'dragon' ? whyNoDragon(env) : null,
    hasFabric: hasFabric(),
  };
}

function whyNoDragon(env: NodeJS.ProcessEnv): string | null {
  try {
    findDragon(env);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Our own variables stand in for what some launchers do not say; alone they mean nothing. */
function isOfInterest({ taken, variables }: Verdict): boolean {
  return taken || Object.keys(variables).some((name) => !name.startsWith('ROLECALL_'));
}

function optionsIn(env: NodeJS.ProcessEnv): { options: ResolvedRunnerOptions | null; problem: string | null } {
  try {
    return { options: resolveRunnerOptions('createRunner', {}, env), problem: null };
  } catch (error) {
    return { options: null, problem: (error as Error).message };
  }
}

/** By the number that `statfs` gives. */
const FILE_SYSTEMS: Readonly<Record<number, readonly [name: string, shared: boolean]>> = {
  26985: ['NFS', true],
  198183888: ['Lustre', true],
  1196443219: ['GPFS', true],
  428016422: ['BeeGFS', true],
  12805120: ['CephFS', true],
  1397113167: ['AFS', true],
  4283649346: ['CIFS', true],
  16914836: ['tmpfs', false],
  2240043254: ['ramfs', false],
  61267: ['ext4', false],
  1481003842: ['XFS', false],
  2435016766: ['Btrfs', false],
  2035054128: ['overlayfs', false],
};

function lookAt(path: string): Folder {
  const nearest = existing(path);
  const [fileSystem = null, shared = null] = FILE_SYSTEMS[statfsSync(nearest).type] ?? [];
  return { path, problem: whyNotWritable(nearest), fileSystem, shared };
}

/** The folder itself, or the nearest above it that is there. */
function existing(path: string): string {
  return existsSync(path) ? path : existing(dirname(path));
}

function whyNotWritable(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'it cannot be written';
  }
}

function programsIn(env: NodeJS.ProcessEnv): Record<string, string> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return Object.fromEntries(
    PROGRAMS.flatMap((name) => {
      const found = folders.map((folder) => join(folder, name)).find(isExecutable);
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mpiLibrariesIn(env: NodeJS.ProcessEnv): string[] {
  const given = (env['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const usual = [
    '/usr/lib',
    '/usr/lib64',
    '/usr/local/lib',
    `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
  ];
  return [...given, ...usual].flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => MPI_LIBRARY.test(name))
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  });
}
