/**
 * What a rank must know to become its role. It passes through one environment variable, since nothing else survives the
 * exec: plain JSON, no secrets. The role deletes it before anything of the user's runs.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants as files } from 'node:fs';
import { constants } from 'node:os';
import { roleProgram } from '../entry-points.ts';
import { RolecallError } from '../errors.ts';
import { keepAcrossExec } from '../native/process.ts';
import type { ResolvedRunnerOptions } from './options.ts';
import { OWNER_VARIABLE, ownerVariables } from './owner.ts';
import { pmiDescriptor } from './pmi-descriptor.ts';
import type { Means } from './rendezvous/meeting-point.ts';

export const PLAN_VARIABLE = 'ROLECALL_ROLE_PLAN';
/** Set in every process that has a role: children inherit the launcher's variables and must not take themselves for ranks. */
export const STARTED_VARIABLE = 'ROLECALL_STARTED';

const MOST_BYTES = 100_000;

export interface RolePlan {
  readonly role: 'scheduler' | 'worker';
  readonly rank: number;
  /** What the rank is called, and the worker on it: its number. A worker that a command started has another name. */
  readonly name: string;
  readonly worldSize: number;
  readonly nWorkers: number;
  /** All that need to reach each other are on this machine. */
  readonly isOneHost: boolean;
  /** Workers that share the cores of this rank. */
  readonly workersHere: number;
  /** Index among the ranks of this node, if the launcher tells, else 0. */
  readonly localRank: number;
  /** The scheduler's rank works too. */
  readonly alsoWorks: boolean;
  /** What the ranks of this start have in common. */
  readonly identity: string;
  readonly folder: string;
  /** How this process meets the others, unless its runner's class has its own way. */
  readonly means: Means;
  /** The user's communicator, encoded, if that is the means. */
  readonly comm: string | null;
  /** How long it goes on after a SIGTERM. */
  readonly drainMs: number;
  readonly options: ResolvedRunnerOptions;
  /** Ends when its standard input does: its parent holds the other end. */
  readonly endsWithInput: boolean;
  /** Started by `rolecall scheduler` or `worker`: it belongs to nobody, so that it outlives its terminal, and Ctrl-C is meant for it. */
  readonly byHand: boolean;
  /** Hooks that were given as functions, encoded, by name. */
  readonly hooks: Readonly<Record<string, string>>;
  /** The module and class of a runner that is not of this package. */
  readonly runner: { readonly module: string; readonly name: string } | null;
}

/** Replaces this process by its role: same pid, clean heap. Does not return. @throws {RolecallError} `ERR_RUNNER_START`. */
export function becomeRole(plan: RolePlan): never {
  const { execve } = process;
  if (typeof execve !== 'function') {
    throw new RolecallError(
      'ERR_RUNNER_START',
      'Cannot take up a role: process.execve is missing. It needs Node.js 24 or later on Linux or macOS',
    );
  }
  checkProgram();
  const pmi = ['pmi1', 'mpi'].includes(plan.means) ? pmiDescriptor(process.env) : undefined;
  if (pmi !== undefined && !keepAcrossExec(pmi)) standInFor(plan, pmi);
  execve.call(
    process,
    process.execPath,
    [process.execPath, ...roleArguments(plan)],
    roleEnvironment(plan, plan.byHand ? undefined : process.ppid),
  );
  throw new RolecallError('ERR_RUNNER_START', 'Cannot take up a role: execve returned');
}

/** What a launcher sends to all processes of a rank: the role decides what it means. */
const SENT_TO_ALL = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Without the addon Node.js closes the launcher's descriptor at an exec, but can hand it to a child: so the role is one. This process
 * waits for it, and ends with its code. Does not return.
 */
function standInFor(plan: RolePlan, descriptor: number): never {
  for (const signal of SENT_TO_ALL) process.on(signal, () => {});
  process.removeAllListeners('exit'); // after an exec the user's would not be called either
  const env = { ...roleEnvironment(plan, process.pid), PMI_FD: '3' };
  const stdio = ['inherit', 'inherit', 'inherit', descriptor] as const;
  const { status, signal, error } = spawnSync(process.execPath, roleArguments(plan), { env, stdio: [...stdio] });
  if (error !== undefined) process.stderr.write(`rolecall: cannot take up a role: ${error.message}\n`);
  process.exit(signal === null ? (status ?? 1) : 128 + constants.signals[signal]);
}

/** Starts a role in a process of its own, which ends with this one. */
export function spawnRole(plan: RolePlan): ChildProcess {
  checkProgram();
  const env = roleEnvironment({ ...plan, endsWithInput: true }, process.pid);
  const child = spawn(process.execPath, roleArguments(plan), { env, stdio: ['pipe', 'inherit', 'inherit'] });
  child.on('error', () => {}); // a role that did not come up is noticed by the wait for it
  child.stdin?.on('error', () => {});
  (child.stdin as unknown as { unref?: () => void })?.unref?.();
  child.unref();
  return child;
}

/** The plan of this process, taken out of the environment; what it starts from now on belongs to it. Undefined if it is no role. */
export function takePlan(): RolePlan | undefined {
  const text = process.env[PLAN_VARIABLE];
  delete process.env[PLAN_VARIABLE];
  if (text === undefined) return undefined;
  Object.assign(process.env, ownerVariables(process.pid));
  return JSON.parse(text) as RolePlan;
}

function roleArguments(plan: RolePlan): string[] {
  // The words after the program are for whoever reads a list of processes.
  return [...roleFlags(process.execArgv), roleProgram(), plan.role, plan.byHand ? plan.name : `rank=${plan.rank}`];
}

function roleEnvironment(plan: RolePlan, owner: number | undefined): Record<string, string> {
  const text = JSON.stringify(plan);
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new RolecallError(
      'ERR_INVALID_OPTION',
      `Cannot pass the options on to the ranks: with their hooks they take ${text.length} bytes, ${MOST_BYTES} are the most. Let hooks import what they need`,
    );
  }
  const { [OWNER_VARIABLE]: _, ...env } = process.env;
  const inherited = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const marks = {
    ...(owner === undefined ? {} : ownerVariables(owner)),
    [STARTED_VARIABLE]: plan.role,
    [PLAN_VARIABLE]: text,
  };
  return { ...Object.fromEntries(inherited), ...marks };
}

/** A failing execve aborts the process without a word, so what can be checked before is checked. */
function checkProgram(): void {
  for (const [file, mode] of [
    [process.execPath, files.X_OK],
    [roleProgram(), files.R_OK],
  ] as const) {
    try {
      accessSync(file, mode);
    } catch (cause) {
      const way = 'If the job is bundled, leave the package "rolecall" out of the bundle (external)';
      throw new RolecallError('ERR_RUNNER_START', `Cannot take up a role: ${file} cannot be used. ${way}`, { cause });
    }
  }
}

/** Flags of Node.js with a script of their own behind them, and those that are about the user's script alone. */
const WITH_SCRIPT = ['-e', '--eval', '-p', '--print', '-pe'];
const ABOUT_SCRIPT = /^--(input-type|watch|test|inspect|check)|^-c$/;

/** What of the flags that Node.js was started with holds for a role too: `--import`, limits, conditions and the like. */
export function roleFlags(flags: readonly string[]): string[] {
  return flags.filter((flag, i) => {
    const isScript = WITH_SCRIPT.includes(flags[i - 1] ?? '');
    return !isScript && !WITH_SCRIPT.includes(flag) && !ABOUT_SCRIPT.test(flag);
  });
}
