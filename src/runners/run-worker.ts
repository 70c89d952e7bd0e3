import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { leaveRuntime } from '../dragon/membership.ts';
import { hasCode } from '../errors.ts';
import { connectAny } from '../transport/connect.ts';
import { WorkerServer } from '../worker/server.ts';
import { awaitedScheduler, waitedInVain } from './find-scheduler.ts';
import { isLoopback, placesToListen } from './interfaces.ts';
import { lookAgain } from './look-again.ts';
import { leaveOrNote } from './lost-scheduler.ts';
import type { Contact } from './rendezvous/contact.ts';
import { excuseFromFolder, type Meeting } from './rendezvous/folder.ts';
import { type Met, waitForMeeting } from './rendezvous/wait.ts';
import type { RoleContext } from './run-role.ts';
import { defaultMemoryBytes, defaultSlots, libraryThreads } from './slots.ts';
import { transportsOf } from './transports.ts';
import { joinDragonOf } from './use-dragon.ts';

/** Works until the cluster ends, however it ends: why it did is the business of other ranks. Resolves with the exit code. */
export async function runWorker(context: RoleContext): Promise<number> {
  const joined = await joinCluster(context);
  if (joined === undefined) return 0;
  const { worker, contact } = joined;
  const { addresses } = contact;
  await context.hook('onWorkerStart', addresses);
  const stop = (): void => void worker.stop();
  if (context.stop.aborted) stop();
  else context.stop.addEventListener('abort', stop, { once: true });
  const leave = (): void => worker.leave((context.drain.reason as Error).message);
  if (context.drain.aborted) leave();
  else context.drain.addEventListener('abort', leave, { once: true });
  const error = await worker.ended;
  if (error !== undefined) {
    context.log(context.plan.byHand ? 'warn' : 'debug', error.message); // else the client's rank says it, once for all
    // Where the parent has started this process, it removes the folder.
    if (!context.plan.endsWithInput && !(await leaveOrNote(context.runner, contact)))
      await clearIfGone(context, contact);
  }
  await leaveRuntime();
  await context.hook('onClose', addresses);
  return 0;
}

/** A scheduler that was killed leaves its contact behind. */
async function clearIfGone({ plan, runner }: RoleContext, contact: Contact): Promise<void> {
  const transports = transportsOf(contact, plan.options.transport);
  const connecting = connectAny(transports, contact.addresses, { deadlineMs: GONE_MS });
  const isThere = await connecting.then(
    (connection) => connection.destroy() === undefined,
    () => false,
  );
  if (!isThere) runner.meetingPoint.clear?.(contact.run);
}

interface Joined {
  readonly worker: WorkerServer;
  readonly contact: Contact;
}

/**
 * Undefined if there is nothing to join any more. A scheduler that cannot be reached may just have ended, or its contact may be
 * left from another time: then the ranks meet again.
 */
async function joinCluster(context: RoleContext): Promise<Joined | undefined> {
  const { plan, log } = context;
  const end = performance.now() + plan.options.startTimeoutMs;
  let tried: Contact | undefined;
  let failure: unknown;
  for (let attempt = 0; ; attempt++) {
    const contact = await findScheduler(context, tried);
    if (contact === undefined) return undefined;
    if (contact.run === tried?.run && performance.now() > end) throw failure;
    tried = contact;
    const { addresses } = contact;
    if (attempt === 0) await context.hook('beforeWorkerStart', addresses);
    await turn(); // signals that came meanwhile are heard
    if (context.drain.aborted) continue;
    const values = { most: memoryBytesOf(plan), sharers: plan.workersHere + 1 };
    if (attempt === 0) await joinDragonOf(contact, plan.options, { values, log });
    try {
      const worker = await joinOrHear(context, contact);
      if (worker === 'over') return undefined;
      return { worker, contact };
    } catch (error) {
      const unreachable = hasCode(error, 'ERR_CONNECT') || hasCode(error, 'ERR_CONNECTION_LOST');
      if (!unreachable) throw error;
      failure = error; // it counts if the same contact is there when time is up: this process may have stood still
      log(plan.byHand ? 'info' : 'debug', `${error.message}; looks for the scheduler again`);
    }
    await orStopped(delay(Math.min(AGAIN_MS * 2 ** attempt, LONGEST_MS)), context.drain);
  }
}

/** A scheduler that stands still does not answer, and does not refuse either: meanwhile the client may have given it up. */
async function joinOrHear(context: RoleContext, contact: Contact): Promise<WorkerServer | 'over'> {
  const joined = new AbortController();
  try {
    return await Promise.race([startWorker(context, contact), untilOver(context, joined.signal)]);
  } finally {
    joined.abort();
  }
}

/** Where many ranks start on few cores, joining takes seconds: so that thousands are no storm in the folder, it looks less and less often. */
async function untilOver({ runner }: RoleContext, joined: AbortSignal): Promise<'over'> {
  for (let pause = OVER_MS; !joined.aborted; pause = Math.min(pause * 2, LONGEST_OVER_MS)) {
    await delay(pause);
    if (!joined.aborted && runner.discover().kind === 'closed') return 'over';
  }
  return 'over';
}

/**
 * Undefined if there is nothing to do any more: the process was told to end, or the run is over.
 *
 * @param tried the contact by which nobody could be reached, if there was one
 */
async function findScheduler(context: RoleContext, tried: Contact | undefined): Promise<Contact | undefined> {
  const { plan, runner, drain, log } = context;
  const discover = (): Meeting => (drain.aborted ? { kind: 'nobody' } : runner.discover()); // then it has nothing to finish
  const clear = (): void => runner.meetingPoint.clear?.((tried as Contact).run); // what a scheduler that was killed has left
  const look = tried === undefined ? discover : lookAgain(discover, tried, { onGone: clear });
  const waiting = waitForMeeting(look, awaitedScheduler(runner)).catch((error: unknown): Met => {
    if (!hasCode(error, 'ERR_DEADLINE') || waitedInVain(runner, error.message)) throw error;
    return { kind: 'closed', reason: error.message, how: 'never began', isNews: false };
  });
  const met = await orStopped(waiting, AbortSignal.any([drain, soonAfter(context.interrupt)]));
  if (met === undefined) {
    if (!plan.endsWithInput) excuseFromFolder(runner.folder, runner.rank);
    return undefined;
  }
  if (met.kind === 'open') return met.contact;
  const isNews = plan.byHand || (met.isNews && !plan.endsWithInput); // else another rank has said it
  log(isNews ? 'warn' : 'debug', `leaves, because it comes too late: the run has ended (${met.reason})`);
  return undefined;
}

/** Ctrl-C reaches the scheduler too. If it still is not there some seconds later, it has ended, and its word may be gone as well. */
function soonAfter(interrupt: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const soon = (): void => void setTimeout(() => controller.abort(), INTERRUPTED_MS);
  if (interrupt.aborted) soon();
  else interrupt.addEventListener('abort', soon, { once: true });
  return controller.signal;
}

const INTERRUPTED_MS = 3000;
const AGAIN_MS = 200;
const LONGEST_MS = 3000;
const GONE_MS = 2000;
const OVER_MS = 2000;
const LONGEST_OVER_MS = 8000;

function startWorker({ plan, log, logs }: RoleContext, contact: Contact): Promise<WorkerServer> {
  const { executor, heapMb, spillDirectory, cancelGraceMs, host, interface: name } = plan.options.workerOptions;
  const slots = plan.options.workerOptions.slots ?? defaultSlots(plan.workersHere);
  Object.assign(process.env, libraryThreads(process.env, defaultSlots(plan.workersHere), slots));
  const isOneHost = plan.isOneHost && contact.addresses.every(isLoopback);
  const wish = { isOneHost, host, interface: name, what: 'workerOptions.interface' };
  const { hosts, guessed } = placesToListen(networkInterfaces(), wish);
  return WorkerServer.start({
    transports: transportsOf(contact, plan.options.transport),
    schedulerAddresses: contact.addresses,
    schedulerTimeoutMs: plan.options.schedulerOptions.schedulerTimeoutMs,
    hosts,
    skipUnusable: guessed,
    name: plan.name,
    host: hostname(),
    slots,
    firstDevice: plan.localRank * slots,
    executor,
    heapMb,
    memoryBytes: memoryBytesOf(plan),
    spillFolder: spillDirectory,
    cancelGraceMs,
    log,
    logs,
  });
}

function memoryBytesOf({ options, workersHere }: RoleContext['plan']): number {
  const { memoryMb } = options.workerOptions;
  return memoryMb === undefined ? defaultMemoryBytes(workersHere) : memoryMb * 2 ** 20;
}

/** Undefined if the process was told to end first. */
async function orStopped<T>(promise: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([promise, stopped]);
}
