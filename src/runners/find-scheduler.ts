import { existsSync } from 'node:fs';
import { hasCode, RolecallError } from '../errors.ts';
import type { ResolvedRunnerOptions } from './options.ts';
import type { Contact } from './rendezvous/contact.ts';
import { namesIn } from './rendezvous/files.ts';
import { leaveFolder, type Meeting } from './rendezvous/folder.ts';
import { waitersIn } from './rendezvous/folder-meeting.ts';
import { hasWord } from './rendezvous/last-word.ts';
import type { MeetingPoint } from './rendezvous/meeting-point.ts';
import { type Met, type WaitOptions, waitForMeetingSync } from './rendezvous/wait.ts';
import type { Role } from './roles.ts';

/** A rank that meets the others: a runner, on any of them. */
export interface Waiter {
  readonly role: Role;
  readonly options: ResolvedRunnerOptions;
  readonly meetingPoint: MeetingPoint;
  /** In which the ranks meet; empty if they meet in another way. */
  readonly folder: string;
  readonly rank: number;
  readonly worldSize: number;
}

/** How much later than the client a worker says that the scheduler did not come: one message for all ranks is enough. */
const CLIENT_FIRST_MS = 2000;

/** For what, and how long, a rank waits that has to find the scheduler. */
export function awaitedScheduler({ role, options, meetingPoint, rank }: Waiter): WaitOptions {
  const { startTimeoutMs, scheduler, schedulerRank, schedulerFile } = options;
  const what = scheduler
    ? `the scheduler (rank ${schedulerRank}) to publish its address ${meetingPoint.place}`
    : `the scheduler that ${schedulerFile} (schedulerFile) names`;
  const isMeeting = scheduler && meetingPoint.waitsLong !== undefined;
  const waitsLong = (): void => meetingPoint.waitsLong?.();
  const giveUp = (): string => meetingPoint.giveUp?.() ?? '';
  const isCheap = (): boolean => scheduler && (meetingPoint.isCheap ?? false);
  const graceMs = role === 'client' ? 0 : (meetingPoint.clientFirstMs ?? CLIENT_FIRST_MS);
  return { timeoutMs: startTimeoutMs, graceMs, rank, isCheap, what, ...(isMeeting ? { waitsLong, giveUp } : {}) };
}

/** Blocks the client's rank until it has found the scheduler. @throws {RolecallError} `ERR_DEADLINE`, `ERR_RENDEZVOUS`. */
export function findScheduler(client: Waiter, look: () => Meeting): Contact {
  let meeting: Met;
  try {
    meeting = waitForMeetingSync(look, awaitedScheduler(client));
  } catch (error) {
    if (hasCode(error, 'ERR_DEADLINE')) waitedInVain(client, error.message);
    throw error;
  }
  if (meeting.kind === 'open') return meeting.contact;
  const what = meeting.how === 'never began' ? 'Cannot start the cluster' : 'This rank is too late: the run has ended';
  throw new RolecallError('ERR_RENDEZVOUS', `${what}: ${meeting.reason}`);
}

/** Leaves word for the other ranks that wait for the scheduler too, and leaves. True if this one is to say it for all of them. */
export function waitedInVain(waiter: Waiter, reason: string): boolean {
  try {
    return tellWaiters(waiter, reason);
  } finally {
    waiter.meetingPoint.leave?.();
  }
}

/** Of several that give up at the same moment, one leaves word first: each sees that the others are there. */
function tellWaiters({ options, folder, rank }: Waiter, reason: string): boolean {
  if (!options.scheduler || !existsSync(folder)) return true;
  const awaited = waitersIn(folder).filter((other) => other !== rank);
  return awaited.length === 0
    ? !hasWord(namesIn(folder))
    : leaveFolder(folder, rank, { reason, how: 'never began', awaited });
}

/** All but this one and the scheduler's. */
export function otherRanks({ options, rank, worldSize }: Waiter): number[] {
  const all = Array.from({ length: worldSize }, (_, other) => other);
  return all.filter((other) => other !== rank && other !== options.schedulerRank);
}
