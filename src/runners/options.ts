import { BETWEEN_NODES } from '../dragon/between-nodes.ts';
import { RolecallError } from '../errors.ts';
import {
  booleanOption,
  choiceOption,
  type Declarations,
  integerOption,
  nearest,
  optionalIntegerOption,
  type Resolved,
  resolveOptions,
  textOption,
} from '../options/options.ts';
import { LOG_LEVELS } from '../protocol/log-record.ts';
import { TRANSPORTS } from './transport-names.ts';

export const SCHEDULER_OPTIONS = {
  host: textOption({
    doc: 'Name or address to listen on. By default the loopback address if all ranks are on one node, else the address of each network interface.',
    env: 'ROLECALL_SCHEDULER_HOST',
  }),
  interface: textOption({
    doc: 'Network interface to listen on, as `ib0`, or several, separated by commas, in the order in which others shall try them. By default all, those of fast networks first.',
    env: 'ROLECALL_SCHEDULER_INTERFACE',
  }),
  port: integerOption({
    doc: 'Port to listen on; 0 lets the system choose a free one.',
    default: 0,
    min: 0,
    env: 'ROLECALL_SCHEDULER_PORT',
  }),
  workerTimeoutMs: integerOption({
    doc: 'A worker that is silent for this long is given up and its tasks run elsewhere. A worker that was killed is noticed at once by its socket; this is for one that hangs.',
    default: 30_000,
    min: 1000,
    env: 'ROLECALL_WORKER_TIMEOUT_MS',
  }),
  schedulerTimeoutMs: integerOption({
    doc: 'When the scheduler is silent for this long, workers and clients give it up and the run ends. A scheduler that was killed is noticed at once; this is for one that hangs.',
    default: 30_000,
    min: 1000,
    env: 'ROLECALL_SCHEDULER_TIMEOUT_MS',
  }),
};

export const WORKER_OPTIONS = {
  slots: optionalIntegerOption({
    doc: 'Tasks that a worker runs at once, each in a slot of its own (a thread, or a process). By default the cores that the rank may use, shared with the other workers on its node.',
    min: 1,
    env: 'ROLECALL_WORKER_SLOTS',
  }),
  executor: choiceOption({
    doc: "What a slot is. Threads start faster, share the memory of the worker and run ten times as many short tasks. 'processes' gives each slot a working directory, a file mode mask and native libraries of its own, and a crash (a segmentation fault) costs one attempt of one task instead of the worker.",
    choices: ['threads', 'processes'],
    default: 'threads',
    env: 'ROLECALL_EXECUTOR',
  }),
  heapMb: optionalIntegerOption({
    doc: 'Heap limit of each slot in MiB. A task that exceeds it fails and costs only its slot. By default the limit of Node.js. Buffers and typed arrays do not count.',
    min: 16,
    env: 'ROLECALL_WORKER_HEAP_MB',
  }),
  memoryMb: optionalIntegerOption({
    doc: 'Values that a worker keeps in memory, in MiB; large ones that are more go to disk, oldest first. By default 60 % of the memory of the machine (or of the container), shared with the other workers on its node.',
    min: 1,
    env: 'ROLECALL_WORKER_MEMORY_MB',
  }),
  spillDirectory: textOption({
    doc: "Folder on a local disk for values that do not fit into memory. Their files have no name: nothing is left behind. By default the system's temporary folder.",
    env: 'ROLECALL_SPILL_DIRECTORY',
  }),
  cancelGraceMs: integerOption({
    doc: 'How long a cancelled task may go on after its signal fired, before its slot is ended; and how long a program that a task started may go on after SIGTERM, before SIGKILL.',
    default: 500,
    min: 0,
    env: 'ROLECALL_CANCEL_GRACE_MS',
  }),
  host: textOption({
    doc: 'Name or address on which a worker listens for others that need its values. By default as for the scheduler.',
    env: 'ROLECALL_WORKER_HOST',
  }),
  interface: textOption({
    doc: 'Network interface on which a worker listens, or several, as for the scheduler.',
    env: 'ROLECALL_WORKER_INTERFACE',
  }),
};

export const RUNNER_OPTIONS = {
  scheduler: booleanOption({
    doc: 'False: no rank schedules; all work for a cluster that exists, named by `schedulerFile`.',
    default: true,
  }),
  client: booleanOption({
    doc: 'False: no rank runs the script past the constructor; clients connect from outside by `schedulerFile`.',
    default: true,
  }),
  schedulerRank: integerOption({
    doc: 'The rank that schedules.',
    default: 0,
    min: 0,
    env: 'ROLECALL_SCHEDULER_RANK',
  }),
  clientRank: integerOption({
    doc: 'The rank that goes on with the script.',
    default: 1,
    min: 0,
    env: 'ROLECALL_CLIENT_RANK',
  }),
  inclusive: booleanOption({
    doc: "The scheduler's and the client's rank work too, in a process beside. Wastes no node where a rank is a node, but tasks then compete with the scheduler.",
    default: false,
    env: 'ROLECALL_INCLUSIVE',
  }),
  startTimeoutMs: integerOption({
    doc: 'How long each rank waits for the others at the start before it gives up and says for what it waited.',
    default: 300_000,
    min: 1,
    env: 'ROLECALL_START_TIMEOUT_MS',
  }),
  drainMs: optionalIntegerOption({
    doc: 'How long scheduler and workers go on after a SIGTERM, so that the client can finish what it has begun. It must be less than the time until SIGKILL follows. By default 20 s under Slurm (whose KillWait is 30 s), 8 s under PBS, else not at all.',
    min: 0,
    env: 'ROLECALL_DRAIN_MS',
  }),
  directory: textOption({
    doc: 'Folder, shared by all ranks, in which they meet. By default a temporary folder where one machine is enough, else the working directory.',
    env: 'ROLECALL_DIRECTORY',
  }),
  schedulerFile: textOption({
    doc: 'File in which clients from outside find the scheduler. `{job_id}` stands for the id of the job. It holds the key of the run: only its owner can read it.',
    env: 'ROLECALL_SCHEDULER_FILE',
  }),
  mpiLibrary: textOption({
    doc: 'The MPI library by whose broadcast the ranks meet (MPIRunner), as a name or path. By default that of the launcher, from the places where the system looks for libraries.',
    env: 'ROLECALL_MPI_LIBRARY',
  }),
  id: textOption({ doc: 'Tells clusters apart that one job step starts from the same script.', env: 'ROLECALL_ID' }),
  logLevel: choiceOption({
    doc: 'The least that each rank records of what it does. `client.onLog` sees the records of all ranks.',
    choices: LOG_LEVELS,
    default: 'warn',
    env: 'ROLECALL_LOG',
  }),
  logDirectory: textOption({
    doc: 'Folder in which each rank keeps its records, as JSON lines in `rank-<number>.jsonl`. Standard error then shows warnings and errors alone.',
    env: 'ROLECALL_LOG_DIRECTORY',
  }),
  security: choiceOption({
    doc: "'none' leaves out encryption and authentication, for measurements on a machine that nobody else uses. It is said aloud.",
    choices: ['tls', 'none'],
    default: 'tls',
    env: 'ROLECALL_SECURITY',
  }),
  transport: choiceOption({
    doc: "How processes of the cluster reach each other: packets on bare TLS sockets; WebSockets ('wss'), where only those come through; or, on a node, channels of DragonHPC ('dragon'), whose runtime is started with the run and ends with it.",
    choices: TRANSPORTS,
    default: 'tls',
    env: 'ROLECALL_TRANSPORT',
  }),
  dragonBetweenNodes: choiceOption({
    doc: "Whether packets between nodes go through Dragon's agents as well: by default if its agent HSTA has a fabric (Slingshot, InfiniBand). Over a plain network a socket is many times faster.",
    choices: BETWEEN_NODES,
    default: 'auto',
    env: 'ROLECALL_DRAGON_BETWEEN_NODES',
  }),
};

/** Of `LocalRunner`, and of `createRunner` where no launcher is there. */
export const LOCAL_OPTIONS = {
  nWorkers: optionalIntegerOption({
    doc: 'Worker processes to start, where no launcher starts the ranks; under a launcher it is ignored. By default one for each core.',
    min: 1,
    env: 'ROLECALL_N_WORKERS',
  }),
};

/** Every option that the environment can give to a runner, and flags of the command line too. */
export const ALL_RUNNER_OPTIONS: Declarations = {
  ...RUNNER_OPTIONS,
  ...prefixed('scheduler', SCHEDULER_OPTIONS),
  ...prefixed('worker', WORKER_OPTIONS),
};

function prefixed(group: string, declarations: Declarations): Declarations {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [`${group}.${name}`, declaration]),
  );
}

type Raw<D extends Declarations> = { readonly [K in keyof D]?: Resolved<D>[K] | undefined };

export type SchedulerOptions = Raw<typeof SCHEDULER_OPTIONS>;
export type WorkerOptions = Raw<typeof WORKER_OPTIONS>;

/** Options of every runner. Hooks are in `RunnerHooks`. */
export interface RunnerOptions extends Raw<typeof RUNNER_OPTIONS> {
  readonly schedulerOptions?: SchedulerOptions;
  readonly workerOptions?: WorkerOptions;
}

export interface ResolvedRunnerOptions extends Resolved<typeof RUNNER_OPTIONS> {
  readonly schedulerOptions: Resolved<typeof SCHEDULER_OPTIONS>;
  readonly workerOptions: Resolved<typeof WORKER_OPTIONS>;
}

/** @throws {RolecallError} `ERR_INVALID_OPTION`. */
export function resolveRunnerOptions(
  what: string,
  raw: RunnerOptions,
  env: Readonly<Record<string, string | undefined>>,
): ResolvedRunnerOptions {
  const { schedulerOptions = {}, workerOptions = {}, ...own } = raw;
  for (const name of Object.keys(own)) if (!Object.hasOwn(RUNNER_OPTIONS, name)) throw unknownOption(what, name);
  return {
    ...resolveOptions(what, RUNNER_OPTIONS, own, env),
    schedulerOptions: resolveOptions(`${what} (schedulerOptions)`, SCHEDULER_OPTIONS, schedulerOptions, env),
    workerOptions: resolveOptions(`${what} (workerOptions)`, WORKER_OPTIONS, workerOptions, env),
  };
}

const UNDER_A_LAUNCHER = ['scheduler', 'client', 'schedulerRank', 'clientRank', 'inclusive'];

/** The options that `what` really has, or the place where this one belongs. */
function unknownOption(what: string, name: string): RolecallError {
  const groups = { schedulerOptions: SCHEDULER_OPTIONS, workerOptions: WORKER_OPTIONS };
  const group = Object.entries(groups).find(([, declarations]) => Object.hasOwn(declarations, name));
  const isLocal = what === 'LocalRunner';
  const own = Object.keys(RUNNER_OPTIONS).filter((option) => !isLocal || !UNDER_A_LAUNCHER.includes(option));
  const names = [...own, ...Object.keys(groups), 'hooks', ...(isLocal ? ['nWorkers'] : [])];
  const meant = nearest(name, names);
  const hint = meant === undefined ? `It has: ${names.join(', ')}` : `Did you mean "${meant}"?`;
  const place = group === undefined ? hint : `Give it as { ${group[0]}: { ${name} } }`;
  return new RolecallError(
    'ERR_INVALID_OPTION',
    `Cannot use the options of ${what}: it has no option "${name}". ${place}`,
  );
}
