/**
 * How a worker looks for a scheduler that it has met, but could not reach. Its contact may be left from another time, and a new scheduler
 * about to replace it. If it is gone for good instead, nobody may be left to say so: what was left in its folder is removed after a while,
 * and this worker was slow.
 */
import type { Contact } from './rendezvous/contact.ts';
import type { Meeting } from './rendezvous/folder.ts';

/** A new scheduler would have put its contact there by then, and a client left a word. */
const GONE_MS = 2000;

export interface LookAgainOptions {
  /** Called when the run is over, and nobody has said so. */
  readonly onGone: () => void;
  /** In milliseconds. */
  readonly now?: () => number;
}

/** Looks as `look` does, which takes the contact of a dead process for none; but if there is none for two seconds, the run is over. */
export function lookAgain(look: () => Meeting, { host, pid }: Contact, options: LookAgainOptions): () => Meeting {
  const { onGone, now = () => performance.now() } = options;
  let goneSince: number | undefined;
  return () => {
    const meeting = look();
    if (meeting.kind !== 'nobody') return meeting;
    goneSince ??= now();
    if (now() - goneSince < GONE_MS) return meeting;
    onGone();
    const reason = `the scheduler (on ${host}, pid ${pid}) was gone before this worker could join`;
    return { kind: 'closed', reason, how: 'broke off', isNews: false };
  };
}
