import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { DragonContact } from '../dragon/membership.ts';
import { type ProvidedRuntime, provideRuntime } from '../dragon/provide-runtime.ts';
import { RolecallError } from '../errors.ts';
import { SchedulerServer } from '../scheduler/server.ts';
import type { ClusterEnd } from '../scheduler/server-options.ts';
import { newSecret } from '../transport/security.ts';
import { placesToListen } from './interfaces.ts';
import type { Contact } from './rendezvous/contact.ts';
import { tellContact } from './rendezvous/input-meeting.ts';
import { type LastWord, untilNoted } from './rendezvous/last-word.ts';
import { ownWhereabouts } from './rendezvous/whereabouts.ts';
import { type RolePlan, spawnRole } from './role-plan.ts';
import type { RoleContext } from './run-role.ts';
import { removeSchedulerFile, schedulerFileName, writeSchedulerFile } from './scheduler-file.ts';
import { transportsOf } from './transports.ts';

/** How long ranks that wait may take to find the word that they wait in vain. */
const NOTED_MS = 2500;
/** The same where all were told to end: launchers kill what has not ended a second later. */
const TOLD_MS = 700;
/** How much later than this rank the client may be told to end: then it ends as it was told, and need not hear of it from here. */
const CLIENT_TOLD_MS = 100;
/** How much later than the client this rank may hear that all are told to end. */
const TOLD_TOO_MS = 500;

/**
 * Schedules until the cluster ends. Resolves with the exit code: 0 unless this rank waited in vain. Why the run ended badly is said by the
 * client, or here if the client does not know.
 *
 * @throws {RolecallError} if it could not start, and the client does not say so.
 */
export async function runScheduler(context: RoleContext): Promise<number> {
  const { interrupt, log } = context;
  const run: Run = { server: undefined, contact: undefined, dragon: undefined };
  try {
    const end = await schedule(context, run);
    await leaveWord(context, wordFor(context.plan, end));
    if (end.error !== undefined) {
      const { message } = end.runnerKnows ? end.error : await whyForAll(context, end.error);
      log(end.runnerKnows || interrupt.aborted ? 'debug' : 'warn', message);
    }
    return end.error?.code === 'ERR_DEADLINE' ? 1 : 0;
  } catch (error) {
    const areTold = await othersAreTold(context, run, error as Error);
    const needsStack = !(error instanceof RolecallError); // of a hook
    if (needsStack || !(areTold || isTold(context))) throw error;
    log(areTold ? 'debug' : 'warn', error.message);
    return isTold(context) ? 0 : 1;
  } finally {
    const { contact } = run;
    const file = schedulerFile(context);
    if (file !== undefined && contact !== undefined) removeSchedulerFile(file, contact.run);
    await run.dragon?.end();
    await context.hook('onClose', contact?.addresses ?? []);
  }
}

/** What there is so far. */
interface Run {
  server: SchedulerServer | undefined;
  contact: Contact | undefined;
  dragon: ProvidedRuntime | undefined;
}

async function schedule(context: RoleContext, run: Run): Promise<ClusterEnd> {
  const { plan, runner } = context;
  await context.hook('beforeSchedulerStart', []);
  await turn(); // signals that came meanwhile are heard
  if (isTold(context)) throw toldError(context);
  const secret = plan.options.security === 'none' ? null : Buffer.from(newSecret()).toString('base64');
  run.dragon = await dragonFor(context);
  const server = await startServer(context, secret);
  const contact = newContact(context, server, secret, run.dragon?.contact ?? undefined);
  context.log('info', `listens at ${server.addresses.join(', ')} for ${plan.byHand ? 'all' : plan.nWorkers} workers`);
  run.server = server;
  run.contact = contact;
  endWhenTold(context, server);
  await Promise.race([runner.publish(contact), server.ended]); // told to end, it need not wait for the others
  const file = schedulerFile(context);
  if (file !== undefined) writeSchedulerFile(file, contact);
  if (plan.alsoWorks) {
    const beside = spawnRole({ ...plan, role: 'worker', alsoWorks: false, means: 'input' });
    tellContact(beside.stdin, contact);
  }
  await context.hook('onSchedulerStart', server.addresses);
  return server.ended;
}

/** For ranks that come when the cluster has ended. Those that this one's parent started end with that. */
function wordFor(plan: RolePlan, { error, ...end }: ClusterEnd): LastWord | undefined {
  const awaited = plan.endsWithInput ? [] : missingRanks(plan, end);
  if (awaited.length === 0) return undefined;
  return { reason: error?.message ?? 'the client left', how: error === undefined ? 'left' : 'broke off', awaited };
}

/** Ranks that are still to come would wait for a scheduler that never comes: they find the reason. True if the client has. */
async function othersAreTold(context: RoleContext, { server }: Run, error: Error): Promise<boolean> {
  const reason = isTold(context) ? error.message : `the scheduler failed: ${error.message}`;
  await server?.end(new RolecallError('ERR_SCHEDULER_LOST', reason, { cause: error }));
  const end = await server?.ended;
  const awaited = missingRanks(context.plan, end);
  const word = awaited.length === 0 ? undefined : ({ reason, how: 'never began', awaited } as const);
  const isNoted = (await leaveWord(context, word)) || (await isNotedByClient(context));
  return isNoted || (end?.runnerKnows ?? false) || context.interrupt.aborted;
}

/** If this rank was told to end, all are, and those who have not come will not: then nothing stays for them. True if the client noted it. */
async function leaveWord(context: RoleContext, word: LastWord | undefined): Promise<boolean> {
  await context.runner.unpublish(word);
  if (word === undefined || !isTold(context)) return false;
  const isNoted = await isNotedByClient(context, TOLD_MS);
  await context.runner.unpublish(undefined);
  return isNoted;
}

function isNotedByClient({ runner, plan }: RoleContext, ms = NOTED_MS): Promise<boolean> {
  return untilNoted(runner.folder, plan.options.clientRank, ms).catch(() => false);
}

function missingRanks(
  { rank: own, worldSize, options }: RolePlan,
  end: Pick<ClusterEnd, 'runnerJoined' | 'workersJoined'> | undefined,
): number[] {
  const others = Array.from({ length: worldSize }, (_, rank) => rank).filter((rank) => rank !== own);
  if (end === undefined) return others;
  const isClient = (rank: number): boolean => options.client && rank === options.clientRank;
  return others.filter((rank) => (isClient(rank) ? !end.runnerJoined : !end.workersJoined.has(String(rank))));
}

function startServer({ plan, runner, log, logs }: RoleContext, secret: string | null): Promise<SchedulerServer> {
  const { options, nWorkers } = plan;
  const { host, interface: name, ...own } = options.schedulerOptions;
  const wish = { isOneHost: plan.isOneHost, host, interface: name, what: 'schedulerOptions.interface' };
  const { hosts, guessed } = placesToListen(networkInterfaces(), wish);
  if (secret === null)
    log('warn', "security is 'none': nothing is encrypted, and whoever reaches the port is taken for one of us");
  return SchedulerServer.start({
    transport: transportsOf({ secret }, options.transport)[0],
    ...own,
    hosts,
    skipUnusable: guessed,
    startTimeoutMs: options.startTimeoutMs,
    startGraceMs: 2 * (runner.meetingPoint.clientFirstMs ?? 0), // that ranks do not come is said by the meeting
    expectedWorkers: plan.byHand ? Number.POSITIVE_INFINITY : nWorkers,
    hasRunner: options.client,
    log,
    logs,
  });
}

/** The runtime of DragonHPC for the run, where one was asked for. */
async function dragonFor({ plan, log }: RoleContext): Promise<ProvidedRuntime | undefined> {
  const { transport, dragonBetweenNodes: betweenNodes, startTimeoutMs } = plan.options;
  return transport === 'dragon' ? provideRuntime({ betweenNodes, log }, startTimeoutMs) : undefined;
}

function newContact(
  { plan }: RoleContext,
  server: SchedulerServer,
  secret: string | null,
  dragon: DragonContact | undefined,
): Contact {
  return {
    rolecall: 1,
    run: randomUUID(),
    identity: plan.identity,
    addresses: [...server.addresses],
    secret,
    ...ownWhereabouts(),
    nWorkers: plan.nWorkers,
    dragon,
  };
}

function schedulerFile({ plan }: RoleContext): string | undefined {
  const { schedulerFile } = plan.options;
  return schedulerFile === undefined ? undefined : schedulerFileName(schedulerFile, process.env, plan.identity);
}

/**
 * Told to end, or left alone: the cluster ends with it, in order; at once, or when the client has had some time. Ctrl-C is the business of
 * the client, if there is one yet.
 */
function endWhenTold(context: RoleContext, server: SchedulerServer): void {
  const { plan, drain, stop, interrupt } = context;
  const end = (): void => {
    const leftMs = stop.aborted ? CLIENT_TOLD_MS : Math.max(CLIENT_TOLD_MS, plan.drainMs);
    if (drain.aborted) void server.drain((drain.reason as Error).message, leftMs);
    else if (!server.hasRunner) void server.end(toldError(context));
  };
  if (isTold(context)) end();
  for (const signal of [drain, stop, interrupt]) signal.addEventListener('abort', end, { once: true });
}

/** Where all are told to end, the client may be gone before this rank has heard of it: the reason is the same then. */
async function whyForAll(context: RoleContext, error: RolecallError): Promise<RolecallError> {
  if (error.code !== 'ERR_CONNECTION_LOST') return error;
  const signals = AbortSignal.any([context.drain, context.interrupt]);
  if (!signals.aborted) {
    const told = new Promise((resolve) => signals.addEventListener('abort', resolve, { once: true }));
    await Promise.race([told, delay(TOLD_TOO_MS)]);
  }
  return isTold(context) ? toldError(context) : error;
}

type Signals = Pick<RoleContext, 'drain' | 'interrupt'>;

function isTold({ drain, interrupt }: Signals): boolean {
  return drain.aborted || interrupt.aborted;
}

function toldError({ drain, interrupt }: Signals): RolecallError {
  const { message } = (drain.aborted ? drain.reason : interrupt.reason) as Error;
  return new RolecallError('ERR_SCHEDULER_LOST', `The scheduler ends: ${message}`);
}
