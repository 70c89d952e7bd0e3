import { RolecallError } from '../errors.ts';
import type { ResolvedRunnerOptions } from './options.ts';
import type { Contact } from './rendezvous/contact.ts';
import type { Meeting } from './rendezvous/folder.ts';
import type { MeetingPoint } from './rendezvous/meeting-point.ts';
import { type WaitOptions, waitForMeetingSync } from './rendezvous/wait.ts';

interface Waiter {
  readonly options: ResolvedRunnerOptions;
  readonly meetingPoint: MeetingPoint;
  readonly rank: number;
}

/** For what, and how long, a rank waits that has to find the scheduler. */
export function awaitedScheduler({ options, meetingPoint, rank }: Waiter): WaitOptions {
  const { startTimeoutMs, scheduler, schedulerRank, schedulerFile } = options;
  const what = scheduler
    ? `the scheduler (rank ${schedulerRank}) to publish its address ${meetingPoint.place}`
    : `the scheduler that ${schedulerFile} (schedulerFile) names`;
  const isMeeting = scheduler && meetingPoint.waitsLong !== undefined;
  const waitsLong = (): void => meetingPoint.waitsLong?.();
  const giveUp = (): string => meetingPoint.giveUp?.() ?? '';
  return { timeoutMs: startTimeoutMs, rank, what, ...(isMeeting ? { waitsLong, giveUp } : {}) };
}

/** Blocks the client's rank until it has found the scheduler. @throws {RolecallError} `ERR_DEADLINE`, `ERR_RENDEZVOUS`. */
export function findScheduler(client: Waiter, look: () => Meeting): Contact {
  const meeting = waitForMeetingSync(look, awaitedScheduler(client));
  if (meeting.kind === 'open') return meeting.contact;
  const what = meeting.failed ? 'Cannot start the cluster' : 'This rank is too late: the run has ended';
  throw new RolecallError('ERR_RENDEZVOUS', `${what}: ${meeting.reason}`);
}
