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
import { ANNOUNCING } from './time-left.ts';

/** What a role needs of the process that it runs in. */
export interface RoleContext {
  readonly plan: RolePlan;
  /** Publishes and discovers: the user's own runner class, or `BaseRunner`. */
  readonly runner: BaseRunner;
  /** Fires when the user pressed Ctrl-C: whatever breaks then is no news. */
  readonly interrupt: AbortSignal;
  /** Fires when this process is to end soon: at once, or some time before `stop`. Its reason is a `RolecallError`. */
  readonly drain: AbortSignal;
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
    process.exitCode = await (plan.role === 'scheduler' ? schedule(context) : work(context));
  } catch (error) {
    logs.write('error', error instanceof RolecallError ? error.message : String((error as Error).stack ?? error));
    process.exitCode = 1;
  }
  process.exit(); // whatever hooks left behind must not keep the rank alive
}

/** Each role loads what it alone needs, while the others that start on this machine want the same cores. */
async function schedule(context: RoleContext): Promise<number> {
  const { runScheduler } = await import('./run-scheduler.ts');
  return runScheduler(context);
}

async function work(context: RoleContext): Promise<number> {
  const { runWorker } = await import('./run-worker.ts');
  return runWorker(context);
}

async function newContext(plan: RolePlan, logs: RankLog): Promise<RoleContext> {
  const runner = await reviveRunner(plan);
  const hooks = await decodeHooks(plan.hooks);
  return {
    plan,
    runner,
    interrupt: interruptSignal(),
    ...endSignals(plan, logs.write),
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

function endSignals(plan: RolePlan, log: Log): Pick<RoleContext, 'drain' | 'stop'> {
  const [drain, stop] = [new AbortController(), new AbortController()];
  const end = (why: string, afterMs = 0): void => {
    const reason = new RolecallError('ERR_CONNECTION_LOST', why);
    drain.abort(reason);
    if (afterMs === 0) stop.abort(reason);
    else setTimeout(() => stop.abort(reason), afterMs);
  };
  process.on('SIGHUP', () => {});
  process.on('SIGTERM', () => end('it was told to end (SIGTERM)', plan.drainMs));
  if (plan.drainMs > 0) surviveAnnouncements(log);
  if (plan.endsWithInput) {
    process.stdin.on('end', () => end(PARENT_GONE)).on('error', () => {});
    process.stdin.resume();
  }
  if (plan.byHand) {
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => end(`it was told to end (${signal})`));
    return { drain: drain.signal, stop: stop.signal };
  }
  const parent = process.ppid;
  if (plan.endsWithInput || isOwnRank(process.env)) {
    process.on(PARENT_GONE_SIGNAL, () => end(PARENT_GONE));
    signalOnParentDeath(PARENT_GONE_SIGNAL); // at once; without the addon the next look notices
  }
  setInterval(() => {
    if (process.ppid !== parent) end(PARENT_GONE);
  }, PARENT_CHECK_MS).unref();
  return { drain: drain.signal, stop: stop.signal };
}

/** A batch system may announce its end by one of these (`--signal`). What follows is for the client to decide. */
function surviveAnnouncements(log: Log): void {
  for (const signal of ANNOUNCING) process.on(signal, () => log('info', `got ${signal}: the job ends soon`));
}

/** Ctrl-C reaches every process of the terminal at once. The client's rank decides what it means; the others follow it. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => controller.abort(new RolecallError('ERR_CONNECTION_LOST', 'it was interrupted (SIGINT)')));
  return controller.signal;
}
