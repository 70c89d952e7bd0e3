/** A role from its start to its exit code. The files beside this one do the work; here it is tied to the process. */
import { RolecallError } from '../errors.ts';
import { RankLog } from '../logs/rank-log.ts';
import { signalOnParentDeath } from '../native/process.ts';
import type { Log } from '../protocol/log-record.ts';
import { BaseRunner } from './base-runner.ts';
import { callHook, decodeHooks, type HookName } from './hooks.ts';
import { logOptions } from './log-options.ts';
import { decodeCommunicator } from './mpi/communicator.ts';
import { isOwnRank, PARENT_GONE_SIGNAL } from './parent.ts';
import { meetingPoint } from './rendezvous/meeting-point.ts';
import type { RolePlan } from './role-plan.ts';
import { runScheduler } from './run-scheduler.ts';
import { runWorker } from './run-worker.ts';

/** What a role needs of the process that it runs in. */
export interface RoleContext {
  readonly plan: RolePlan;
  /** Publishes and discovers: the user's own runner class, or `BaseRunner`. */
  readonly runner: BaseRunner;
  /** The user pressed Ctrl-C: whatever breaks now is no news. */
  readonly interrupted: () => boolean;
  /** Fires when this process is told to end, or its parent is gone. Its reason is a `RolecallError`. */
  readonly stop: AbortSignal;
  hook(name: HookName, addresses: readonly string[]): Promise<void>;
  readonly log: Log;
  readonly logs: RankLog;
}

const PARENT_CHECK_MS = 500;
const PARENT_GONE = 'the process that started it is gone';

export async function runRole(plan: RolePlan): Promise<void> {
  const logs = new RankLog(logOptions(plan, plan.role));
  try {
    const context = await newContext(plan, logs);
    await (plan.role === 'scheduler' ? runScheduler(context) : runWorker(context));
    process.exitCode = 0;
  } catch (error) {
    logs.write('error', error instanceof RolecallError ? error.message : String((error as Error).stack ?? error));
    process.exitCode = 1;
  }
  process.exit(); // whatever hooks left behind must not keep the rank alive
}

async function newContext(plan: RolePlan, logs: RankLog): Promise<RoleContext> {
  const runner = await reviveRunner(plan);
  const hooks = await decodeHooks(plan.hooks);
  return {
    plan,
    runner,
    stop: stopSignal(plan),
    interrupted: noteInterrupt(),
    log: logs.write,
    logs,
    hook: (name, addresses) => {
      const { rank, worldSize, nWorkers } = plan;
      return callHook(runner, hooks, name, { rank, worldSize, nWorkers, addresses });
    },
  };
}

/** The methods of the runner's class on an object that was not constructed: constructing it would start the ranks again. */
async function reviveRunner(plan: RolePlan): Promise<BaseRunner> {
  const Class = plan.runner === null ? BaseRunner : await importRunner(plan.runner);
  const runner = Object.create(Class.prototype) as BaseRunner;
  const { role, options, folder, identity: identityKey, rank, worldSize, nWorkers } = plan;
  const comm = await decodeCommunicator(plan.comm);
  const who = { role, options, folder, identityKey, rank, worldSize, nWorkers };
  return Object.assign(runner, who, {
    meetingPoint: meetingPoint(plan.means, { ...who, comm, isOneHost: plan.isOneHost }),
  });
}

async function importRunner({
  module,
  name,
}: {
  readonly module: string;
  readonly name: string;
}): Promise<typeof BaseRunner> {
  const exports = (await import(module)) as Record<string, unknown>;
  const Class = exports[name] ?? exports['default'];
  if (typeof Class === 'function') return Class as typeof BaseRunner;
  const text = `Cannot use the runner ${name}: ${module} does not export it. Pass the \`import.meta.url\` of the module that does`;
  throw new RolecallError('ERR_RUNNER_START', text);
}

function stopSignal(plan: RolePlan): AbortSignal {
  const controller = new AbortController();
  const stop = (why: string): void => controller.abort(new RolecallError('ERR_CONNECTION_LOST', why));
  process.on('SIGHUP', () => {});
  process.on('SIGTERM', () => stop('it was told to end (SIGTERM)'));
  if (plan.endsWithInput) {
    process.stdin.on('end', () => stop(PARENT_GONE)).on('error', () => {});
    process.stdin.resume();
  }
  if (plan.byHand) {
    for (const signal of ['SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => stop(`it was told to end (${signal})`));
    return controller.signal;
  }
  const parent = process.ppid;
  if (plan.endsWithInput || isOwnRank(process.env)) {
    process.on(PARENT_GONE_SIGNAL, () => stop(PARENT_GONE));
    signalOnParentDeath(PARENT_GONE_SIGNAL); // at once; without the addon the next look notices
  }
  setInterval(() => {
    if (process.ppid !== parent) stop(PARENT_GONE);
  }, PARENT_CHECK_MS).unref();
  return controller.signal;
}

/** Ctrl-C reaches every process of the terminal at once. The client's rank decides what it means; the others follow it. */
function noteInterrupt(): () => boolean {
  let interrupted = false;
  process.on('SIGINT', () => {
    interrupted = true;
  });
  return () => interrupted;
}
