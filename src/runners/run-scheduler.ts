import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { DragonContact } from '../dragon/membership.ts';
import { type ProvidedRuntime, provideRuntime } from '../dragon/provide-runtime.ts';
import { RolecallError } from '../errors.ts';
import { type ClusterEnd, SchedulerServer } from '../scheduler/server.ts';
import { newSecret } from '../transport/security.ts';
import { placesToListen } from './interfaces.ts';
import type { Contact } from './rendezvous/contact.ts';
import { tellContact } from './rendezvous/input-meeting.ts';
import type { LastWord } from './rendezvous/last-word.ts';
import { ownWhereabouts } from './rendezvous/whereabouts.ts';
import { type RolePlan, spawnRole } from './role-plan.ts';
import type { RoleContext } from './run-role.ts';
import { removeSchedulerFile, schedulerFileName, writeSchedulerFile } from './scheduler-file.ts';
import { transportsOf } from './transports.ts';

/** Schedules until the cluster ends. @throws {RolecallError} if this rank itself failed: it could not start, or waited in vain. */
export async function runScheduler(context: RoleContext): Promise<void> {
  const { plan, runner, log } = context;
  const run: Run = { server: undefined, contact: undefined, dragon: undefined };
  let word: LastWord | undefined;
  try {
    const end = await schedule(context, run);
    word = wordFor(plan, end);
    if (end.error?.code === 'ERR_DEADLINE') throw end.error;
    if (end.error !== undefined && !context.interrupted()) log('warn', end.error.message);
  } catch (error) {
    word ??= await wordOfFailure(context, run, error as Error);
    throw error;
  } finally {
    const { contact } = run;
    const file = schedulerFile(context);
    if (file !== undefined && contact !== undefined) removeSchedulerFile(file, contact.run);
    await runner.unpublish(word);
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
  const secret = plan.options.security === 'none' ? null : Buffer.from(newSecret()).toString('base64');
  run.dragon = await dragonFor(context);
  const server = await startServer(context, secret);
  const contact = newContact(context, server, secret, run.dragon?.contact ?? undefined);
  context.log('info', `listens at ${server.addresses.join(', ')} for ${plan.byHand ? 'all' : plan.nWorkers} workers`);
  run.server = server;
  run.contact = contact;
  stopWith(context, server);
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
function wordFor(plan: RolePlan, end: ClusterEnd): LastWord | undefined {
  const awaited = plan.endsWithInput ? [] : missingRanks(plan, end);
  return awaited.length === 0 ? undefined : { reason: end.error?.message ?? 'the client left', failed: false, awaited };
}

/** Ranks that are still to come would wait for a scheduler that never comes: they find the reason instead. */
async function wordOfFailure({ plan }: RoleContext, { server }: Run, error: Error): Promise<LastWord | undefined> {
  const reason = `the scheduler failed: ${error.message}`;
  await server?.end(new RolecallError('ERR_SCHEDULER_LOST', reason, { cause: error }));
  const awaited = missingRanks(plan, await server?.ended);
  return awaited.length === 0 ? undefined : { reason, failed: true, awaited };
}

function missingRanks({ rank: own, worldSize, options }: RolePlan, end: ClusterEnd | undefined): number[] {
  const others = Array.from({ length: worldSize }, (_, rank) => rank).filter((rank) => rank !== own);
  if (end === undefined) return others;
  const isClient = (rank: number): boolean => options.client && rank === options.clientRank;
  return others.filter((rank) => (isClient(rank) ? !end.runnerJoined : !end.workersJoined.has(String(rank))));
}

function startServer({ plan, log, logs }: RoleContext, secret: string | null): Promise<SchedulerServer> {
  const { options, nWorkers } = plan;
  const { host, interface: name, port, workerTimeoutMs } = options.schedulerOptions;
  const wish = { isOneHost: plan.isOneHost, host, interface: name, what: 'schedulerOptions.interface' };
  const { hosts, guessed } = placesToListen(networkInterfaces(), wish);
  if (secret === null)
    log('warn', "security is 'none': nothing is encrypted, and whoever reaches the port is taken for one of us");
  return SchedulerServer.start({
    transport: transportsOf({ secret }, options.transport)[0],
    hosts,
    skipUnusable: guessed,
    port,
    startTimeoutMs: options.startTimeoutMs,
    workerTimeoutMs,
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

/** Told to end, or left alone: the cluster ends with it, in order; at once, or when the client has had some time. */
function stopWith({ plan, drain, stop }: RoleContext, server: SchedulerServer): void {
  const end = (): void => {
    const why = (drain.reason as Error).message;
    void server.drain(why, stop.aborted ? 0 : plan.drainMs);
  };
  for (const signal of [drain, stop]) {
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }
}
