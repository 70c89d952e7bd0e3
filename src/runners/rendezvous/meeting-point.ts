/** Where, and by what means, the ranks of a start get the scheduler's contact. The scheduler publishes it once, the others look for it. */

import { broadcastOf, type Communicator } from '../mpi/communicator.ts';
import { mpiBroadcast } from '../mpi/exchange.ts';
import { sayWithoutMpi } from '../mpi/libraries.ts';
import type { ResolvedRunnerOptions } from '../options.ts';
import { canUsePmi } from '../pmi-descriptor.ts';
import type { Role } from '../roles.ts';
import { SchedulerFileMeeting } from '../scheduler-file.ts';
import { type Broadcast, BroadcastMeeting } from './broadcast-meeting.ts';
import type { Contact } from './contact.ts';
import type { Meeting } from './folder.ts';
import { FolderMeeting } from './folder-meeting.ts';
import { InputMeeting } from './input-meeting.ts';
import type { LastWord } from './last-word.ts';
import { PmiMeeting } from './pmi-meeting.ts';

/**
 * - `folder`: a folder that all ranks share
 * - `mpi`: a broadcast of MPI
 * - `comm`: one of a communicator that the user brought
 * - `pmi1`: the key-value store of the launcher that started them
 * - `input`: the standard input, over which a process that was started beside a rank gets it from there
 */
export type Means = 'folder' | 'mpi' | 'comm' | 'pmi1' | 'input';

export interface MeetingPoint {
  /** Where it is, for messages: "in /shared/.rolecall-1". */
  readonly place: string;
  /** How much longer than the client the others wait, so that it is the one to say that this was in vain. @default 2000 */
  readonly clientFirstMs?: number;
  /** A look asks nobody but this machine: it may be had often. Not so by default. */
  readonly isCheap?: boolean;
  /** Makes the contact known. Called once, on the scheduler's rank. */
  publish(contact: Contact): void | Promise<void>;
  /** Looks once. Called again and again on the other ranks; once it was there, again only if nobody could be reached by it. */
  discover(): Meeting;
  /** Takes back what `publish` did, whether it succeeded or not. `word` is for ranks that are still to come, if there are any. */
  unpublish(word: LastWord | undefined): void | Promise<void>;
  /** The scheduler of this run is gone without having taken back what it published. */
  clear?(run: string): void;
  /** Called when a rank has waited for longer than usual: others may see that it is there. */
  waitsLong?(): void;
  /** Called when a rank has waited in vain. What it can tell of the reason, as a sentence, or nothing. */
  giveUp?(): string;
  /** Called after that, when the others have been told. Until then they can see that this rank is there. */
  leave?(): void;
}

export interface WhoMeets {
  readonly role: Role;
  readonly rank: number;
  readonly worldSize: number;
  readonly folder: string;
  readonly identityKey: string;
  /** All ranks are on this machine. */
  readonly isOneHost: boolean;
  readonly options: ResolvedRunnerOptions;
  /** With `comm`. */
  readonly comm?: Communicator | undefined;
}

export function meetingPoint(means: Means, who: WhoMeets): MeetingPoint {
  if (!who.options.scheduler) return new SchedulerFileMeeting(who.options.schedulerFile);
  switch (means) {
    case 'folder':
      return new FolderMeeting(who);
    case 'pmi1':
      return new PmiMeeting(process.env, who.options.startTimeoutMs);
    case 'mpi':
      return broadcastMeeting(who, mpiBroadcast(who));
    case 'comm':
      return broadcastMeeting(who, broadcastOf(who.comm as Communicator, who.options.schedulerRank));
    case 'input':
      return new InputMeeting(process.stdin);
  }
}

/** One broadcast; and the second way, if there is no MPI library, of which one rank tells the user. */
function broadcastMeeting(who: WhoMeets, broadcast: Broadcast): MeetingPoint {
  const { role, options } = who;
  return new BroadcastMeeting({
    broadcast,
    timeoutMs: options.startTimeoutMs,
    blocks: role === 'client',
    otherwise: (why) => {
      const means = canUsePmi(process.env) ? 'pmi1' : 'folder';
      const point = meetingPoint(means, who);
      if (role === (options.client ? 'client' : 'scheduler')) sayWithoutMpi(why, point.place);
      return point;
    },
  });
}
