/** What `rolecall scheduler` and `rolecall worker` have in common: a role that is taken up by hand. */
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Declarations } from '../options/options.ts';
import { RUNNER_OPTIONS, resolveRunnerOptions } from '../runners/options.ts';
import { checkPlace } from '../runners/place.ts';
import type { RolePlan } from '../runners/role-plan.ts';
import { workersOnNode } from '../runners/slots.ts';
import { ownIdentity } from '../runners/surroundings.ts';

const { schedulerFile, startTimeoutMs, logLevel, logDirectory, security, transport } = RUNNER_OPTIONS;
/** Whoever starts something by hand wants to see what it does. */
const HAND_LOG_LEVEL = { ...logLevel, default: 'info' };
/** Options of both. */
export const HAND_OPTIONS: Declarations = {
  schedulerFile,
  startTimeoutMs,
  logLevel: HAND_LOG_LEVEL,
  logDirectory,
  security,
  transport,
};

/** Used if no other is named; in the working directory, which is often shared. */
export const SCHEDULER_FILE = 'scheduler.json';

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws {RolecallError} `ERR_INVALID_OPTION`, or `ERR_RUNNER_START` in a process that belongs to a cluster. */
export function handPlan(role: RolePlan['role'], variables: Variables, name?: string): RolePlan {
  checkPlace(`a ${role} by hand`);
  const env = {
    ROLECALL_LOG: HAND_LOG_LEVEL.default,
    ROLECALL_SCHEDULER_FILE: SCHEDULER_FILE,
    ...process.env,
    ...variables,
  };
  const raw = { client: false, scheduler: role === 'scheduler', schedulerFile: resolve(env.ROLECALL_SCHEDULER_FILE) };
  const identity = role === 'worker' ? ownIdentity() : undefined; // several may be started by a launcher
  const rank = identity?.rank ?? 0;
  return {
    role,
    rank,
    name: name ?? (identity === undefined ? `${hostname()}-${process.pid}` : String(rank)),
    worldSize: 1,
    nWorkers: 0,
    isOneHost: true, // unless it is told another host or interface
    workersHere: identity === undefined ? 1 : workersOnNode(identity, identity.size),
    localRank: identity?.localRank ?? 0,
    alsoWorks: false,
    identity: `hand:${process.pid}`,
    folder: join(tmpdir(), `.rolecall-${hostname()}-${process.pid}`),
    means: 'folder',
    comm: null,
    drainMs: 0,
    options: resolveRunnerOptions(`rolecall ${role}`, raw, env),
    endsWithInput: false,
    byHand: true,
    hooks: {},
    runner: null,
  };
}
