/** What a rank does in the shared folder when the scheduler is gone without a goodbye, and so cannot tidy up there itself. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RolecallError } from '../errors.ts';
import { otherRanks, type Waiter } from './find-scheduler.ts';
import type { Contact } from './rendezvous/contact.ts';
import { leaveFolder, lookForWord } from './rendezvous/folder.ts';
import { isDead, isElsewhere } from './rendezvous/whereabouts.ts';

const WORD_MS = 2000;
const LOOK_MS = 50;

/**
 * Leaves word for the ranks that have not joined, unless the scheduler still lives: then it does that itself. Without the client the
 * run is over in any case; a worker must be certain that the scheduler is dead, and not only out of its reach.
 */
export function leaveForLostScheduler(rank: Waiter, contact: Contact, reason?: RolecallError): boolean {
  const isGivenUp =
    rank.role === 'client' && reason !== undefined && (reason.code === 'ERR_DEADLINE' || isElsewhere(contact));
  if (!(isGivenUp || isDead(contact)) || !existsSync(rank.folder)) return false;
  const why = `the scheduler (on ${contact.host}, pid ${contact.pid}) ${isGivenUp ? 'is out of reach' : 'was killed'}`;
  leaveFolder(rank.folder, rank.rank, { reason: why, how: 'broke off', awaited: otherRanks(rank) });
  return true;
}

/** The same for a worker, which waits a little for the word of the client if it cannot tell whether the scheduler is dead. True if all is done. */
export async function leaveOrNote(rank: Waiter, contact: Contact): Promise<boolean> {
  const end = performance.now() + WORD_MS;
  for (let pause = LOOK_MS; existsSync(rank.folder) && performance.now() < end; pause *= 2) {
    if (leaveForLostScheduler(rank, contact)) return true;
    if (lookForWord(rank.folder, rank.rank) !== undefined) return true;
    await delay(pause);
  }
  return !existsSync(rank.folder);
}
