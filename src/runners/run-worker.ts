import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { leaveRuntime } from '../dragon/membership.ts';
import { hasCode } from '../errors.ts';
import { connectAny } from '../transport/connect.ts';
import { WorkerServer } from '../worker/server.ts';
import { awaitedScheduler } from './find-scheduler.ts';
import { isLoopback, placesToListen } from './interfaces.ts';
import type { Contact } from './rendezvous/contact.ts';
import { waitForMeeting } from './rendezvous/wait.ts';
import type { RoleContext } from './run-role.ts';
import { defaultMemoryBytes, defaultSlots, libraryThreads } from './slots.ts';
import { transportsOf } from './transports.ts';
import { joinDragonOf } from './use-dragon.ts';

/** Works until the cluster ends, however it ends: why it did is the business of other ranks. */
export async function runWorker(context: RoleContext): Promise<void> {
  const joined = await joinCluster(context);
  if (joined === undefined) return;
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
  if (error !== undefined) context.log(context.plan.byHand ? 'warn' : 'debug', error.message); // else the client's rank says it, once for all
  await leaveRuntime();
  if (error !== undefined) await clearIfGone(context, contact);
  await context.hook('onClose', addresses);
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
  const end = performance.now() + context.plan.options.startTimeoutMs;
  for (let attempt = 0; ; attempt++) {
    const contact = await findScheduler(context);
    if (contact === undefined) return undefined;
    const { addresses } = contact;
    if (attempt === 0) await context.hook('beforeWorkerStart', addresses);
    if (attempt === 0) await joinDragonOf(contact, context.plan.options, context.log);
    try {
      return { worker: await startWorker(context, contact), contact };
    } catch (error) {
      const unreachable = hasCode(error, 'ERR_CONNECT') || hasCode(error, 'ERR_CONNECTION_LOST');
      if (!unreachable || performance.now() > end) throw error;
      context.log('debug', `${error.message}; looks for the scheduler again`);
    }
    await orStopped(delay(AGAIN_MS), context.drain);
  }
}

/** Undefined if there is nothing to do any more: the process was told to end, or the run is over. */
async function findScheduler({ plan, runner, drain, log }: RoleContext): Promise<Contact | undefined> {
  if (drain.aborted) return undefined; // it has nothing to finish
  const met = await orStopped(
    waitForMeeting(() => runner.discover(), awaitedScheduler(runner)),
    drain,
  );
  if (met === undefined) return undefined;
  if (met.kind === 'open') return met.contact;
  const isNews = !met.failed && !plan.endsWithInput; // else the scheduler's rank, or the parent, has said it
  log(isNews ? 'warn' : 'debug', `leaves, because it comes too late: the run has ended (${met.reason})`);
  return undefined;
}

const AGAIN_MS = 200;
const GONE_MS = 2000;

function startWorker({ plan, log, logs }: RoleContext, contact: Contact): Promise<WorkerServer> {
  const {
    executor,
    heapMb,
    memoryMb,
    spillDirectory,
    cancelGraceMs,
    host,
    interface: name,
  } = plan.options.workerOptions;
  const slots = plan.options.workerOptions.slots ?? defaultSlots(plan.workersHere);
  Object.assign(process.env, libraryThreads(process.env, defaultSlots(plan.workersHere), slots));
  const isOneHost = plan.isOneHost && contact.addresses.every(isLoopback);
  const wish = { isOneHost, host, interface: name, what: 'workerOptions.interface' };
  const { hosts, guessed } = placesToListen(networkInterfaces(), wish);
  return WorkerServer.start({
    transports: transportsOf(contact, plan.options.transport),
    schedulerAddresses: contact.addresses,
    hosts,
    skipUnusable: guessed,
    name: plan.name,
    host: hostname(),
    slots,
    executor,
    heapMb,
    memoryBytes: memoryMb === undefined ? defaultMemoryBytes(plan.workersHere) : memoryMb * 2 ** 20,
    spillFolder: spillDirectory,
    cancelGraceMs,
    log,
    logs,
  });
}

/** Undefined if the process was told to end first. */
async function orStopped<T>(promise: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([promise, stopped]);
}
