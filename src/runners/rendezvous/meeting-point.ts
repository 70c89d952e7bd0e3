/** Where, and by what means, the ranks of a start get the scheduler's contact. The scheduler publishes it once, the others look for it. */
import type { Role } from '../roles.ts';
import type { Contact } from './contact.ts';
import type { Meeting } from './folder.ts';
import { FolderMeeting } from './folder-meeting.ts';
import { InputMeeting } from './input-meeting.ts';
import type { LastWord } from './last-word.ts';
import { PmiMeeting } from './pmi-meeting.ts';

/**
 * - `folder`: a folder that all ranks share
 * - `pmi1`: the key-value store of the launcher that started them
 * - `input`: the standard input, over which a process that was started beside a rank gets it from there
 */
export type Means = 'folder' | 'pmi1' | 'input';

export interface MeetingPoint {
  /** Where it is, for messages: "in /shared/.rolecall-1". */
  readonly place: string;
  /** Makes the contact known. Called once, on the scheduler's rank. */
  publish(contact: Contact): void | Promise<void>;
  /** Looks once. Called again and again on the other ranks; once it was there, again only if nobody could be reached by it. */
  discover(): Meeting;
  /** Takes back what `publish` did, whether it succeeded or not. `word` is for ranks that are still to come, if there are any. */
  unpublish(word: LastWord | undefined): void | Promise<void>;
  /** Called when a rank has waited for longer than usual: others may see that it is there. */
  waitsLong?(): void;
  /** Called when a rank has waited in vain. What it can tell of the reason, as a sentence, or nothing. */
  giveUp?(): string;
}

export interface WhoMeets {
  readonly role: Role;
  readonly rank: number;
  readonly folder: string;
  readonly identityKey: string;
  readonly startTimeoutMs: number;
  /** All ranks are on this machine. */
  readonly isOneHost: boolean;
}

export function meetingPoint(means: Means, who: WhoMeets): MeetingPoint {
  switch (means) {
    case 'folder':
      return new FolderMeeting(who);
    case 'pmi1':
      return new PmiMeeting(process.env, who.startTimeoutMs);
    case 'input':
      return new InputMeeting(process.stdin);
  }
}
