/** Who a process is among the ranks that a launcher started. Pure: rank and size always come from the same launcher. */
import { type Environment, isPbsdshTask, LAUNCHERS, type Launcher, type Surroundings } from './launchers.ts';

export interface Identity {
  /** Name of the launcher, e.g. "slurm". */
  readonly launcher: string;
  readonly rank: number;
  readonly size: number;
  /** Index among, and number of, the ranks on this node, where the launcher tells. */
  readonly localRank: number | undefined;
  readonly localSize: number | undefined;
  /** Index of the node among those of the ranks, where the launcher tells. */
  readonly node?: number | undefined;
  /** Id of the batch job, if there is one. */
  readonly job?: string | undefined;
  /** Id of the step within the job, where there are steps. */
  readonly step?: string | undefined;
  /** How often the batch system has put this job back into its queue and started it again. */
  readonly restart?: number;
  /** What the ranks of one start have in common and no other start has: job, step and restart count, or what comes nearest. */
  readonly run: string;
}

/** What one launcher's variables say, and why they were believed or not. */
export interface Verdict {
  readonly launcher: string;
  readonly source: Launcher['source'];
  readonly taken: boolean;
  readonly why: string;
  /** Those of its variables that are set. */
  readonly variables: Readonly<Record<string, string>>;
  /** Who this process is, if this launcher is believed. */
  readonly identity: Identity | undefined;
}

/** Who this process is, or undefined if no launcher started it. */
export function identify(env: Environment, around: Surroundings = {}): Identity | undefined {
  for (const launcher of LAUNCHERS)
    if (whyNot(launcher, env, around) === undefined) return identityOf(launcher, env, around);
  return undefined;
}

/** What `identify` decides, launcher by launcher. */
export function explainIdentity(env: Environment, around: Surroundings = {}): Verdict[] {
  let taken: string | undefined;
  return LAUNCHERS.map((launcher) => {
    const { name, source } = launcher;
    const objection = whyNot(launcher, env, around);
    const variables = variablesOf(launcher, env);
    if (objection !== undefined || taken !== undefined) {
      const why = objection ?? `'${taken}' comes first`;
      return { launcher: name, source, taken: false, why, variables, identity: undefined };
    }
    taken = name;
    const identity = identityOf(launcher, env, around);
    const why = `${launcher.rank} and ${launcher.size} say rank ${identity.rank} of ${identity.size}`;
    return { launcher: name, source, taken: true, why, variables, identity };
  });
}

function whyNot(launcher: Launcher, env: Environment, around: Surroundings): string | undefined {
  const { rank, size } = launcher;
  if (rank === null || size === null) {
    if (!isPbsdshTask(env)) return 'PBS_TASKNUM is not that of a task of pbsdsh';
    return 'pbsdsh gives its tasks neither rank nor size: a runner has to find some';
  }
  for (const name of [rank, size]) {
    if (env[name] === undefined) return `${name} is not set`;
    if (integer(env[name]) === undefined) return `${name} is not a number: "${env[name]}"`;
  }
  if (Number(env[rank]) >= Number(env[size])) return `rank ${env[rank]} is not below the size ${env[size]}`;
  return launcher.refuses?.(env, around);
}

function identityOf(launcher: Launcher, env: Environment, around: Surroundings): Identity {
  const number = (names: readonly string[] = []): number | undefined => integer(firstOf(names, env));
  const isSlurm = launcher.name === 'slurm';
  const size = Number(env[launcher.size as string]);
  // Slurm lists the ranks of the node; their number follows from the step's layout, but not in all distributions.
  const localSize = isSlurm ? env['SLURM_GTIDS']?.split(',').length : number(launcher.localSize);
  const variables = launcher.run.map((name) => env[name] ?? '');
  // On several nodes some of the ranks may not see it, and all must come to the same.
  const start = launcher.name === 'mpich' && around.hydra !== undefined && localSize === size ? [around.hydra] : [];
  return {
    launcher: launcher.name,
    rank: Number(env[launcher.rank as string]),
    size,
    localRank: number(launcher.localRank),
    localSize,
    node: number(launcher.node),
    job: firstOf(launcher.job ?? [], env),
    step: firstOf(launcher.step ?? [], env),
    restart: number(launcher.restart) ?? 0,
    run: [...variables, ...start].join('.'),
  };
}

function variablesOf(launcher: Launcher, env: Environment): Record<string, string> {
  const { rank, size, localRank = [], localSize = [], node = [], job = [], step = [], restart = [], run } = launcher;
  const own = [rank, size].filter((name) => name !== null);
  const names = new Set([...own, ...localRank, ...localSize, ...node, ...job, ...step, ...restart, ...run]);
  return Object.fromEntries([...names].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

function firstOf(names: readonly string[], env: Environment): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined);
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
