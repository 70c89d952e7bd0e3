/**
 * The folder in which the ranks of one start meet. The scheduler writes its contact there, once; the others list the folder until it
 * is there. Everything is synchronous, so that a constructor can wait for it.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RolecallError } from '../../errors.ts';
import { type Contact, contactText, parseContact } from './contact.ts';
import { makeFolder, namesIn, readIfThere, removeFile, removeFolder, takeOnce, writeOnce } from './files.ts';
import { hasWord, type LastWord, leaveWord, noteWord, removeIfNoted, replaceWord, takeWord } from './last-word.ts';
import { sweep } from './sweep.ts';
import { isDead, isOwn } from './whereabouts.ts';

const CONTACT = 'contact.json';
/** Holds the rank of the client. */
const CLIENT = 'client';

/** What a look at the folder says. */
export type Meeting =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'open'; readonly contact: Contact }
  /** The run has ended, or could not begin: whoever comes now is late. */
  | {
      readonly kind: 'closed';
      readonly reason: string;
      readonly how: LastWord['how'];
      /** This rank is to say it: no other one has. */
      readonly isNews: boolean;
    };

/**
 * Writes the scheduler's contact, readable by its owner only.
 *
 * @throws {RolecallError} `ERR_RENDEZVOUS` if the folder cannot be written, or another scheduler of this start is there already.
 */
export function publishContact(folder: string, contact: Contact): void {
  sweep(dirname(folder)); // this folder too, if an earlier run left it
  makeFolder(folder);
  const names = namesIn(folder);
  if (hasWord(names)) {
    removeFolder(folder); // whoever it was for never came
    makeFolder(folder);
  }
  if (writeOnce(folder, CONTACT, contactText(contact))) return;
  throw startedTwice(`Cannot start the scheduler: another one${whoIs(contactIn(folder, names))} uses ${folder}`);
}

/** Looks once, as the given rank. A half-written or foreign contact, or that of a dead process, is taken for none. */
export function lookForContact(folder: string, identity: string, rank: number): Meeting {
  const names = namesIn(folder);
  const closed = closedBy(takeWord(folder, names, rank));
  if (closed !== undefined) return closed;
  const contact = contactIn(folder, names);
  if (contact === undefined || contact.identity !== identity || isDead(contact)) return { kind: 'nobody' };
  return { kind: 'open', contact };
}

/** The same for a rank that has the contact: undefined unless the run has ended. */
export function lookForWord(folder: string, rank: number): Meeting | undefined {
  return closedBy(takeWord(folder, namesIn(folder), rank));
}

function closedBy(word: ReturnType<typeof takeWord>): Meeting | undefined {
  if (word === undefined) return undefined;
  const { reason, how, isFirst } = word;
  return { kind: 'closed', reason, how, isNews: how === 'left' && isFirst };
}

/**
 * Takes the contact for this process, as the client's rank: there is one.
 *
 * @throws {RolecallError} `ERR_RENDEZVOUS` if another one has taken it.
 */
export function claimContact(folder: string, rank: number): void {
  if (takeOnce(folder, CLIENT, String(rank))) return;
  throw startedTwice(`Cannot start the client: another one has met the scheduler of ${folder}`);
}

/** Removes the folder; if ranks are still to come, leaves word for them instead. Not if it is the folder of another scheduler. */
export function closeFolder(folder: string, word: LastWord | undefined): void {
  try {
    const contact = contactIn(folder, namesIn(folder));
    if (contact !== undefined && !isOwn(contact)) return;
    if (word === undefined) return removeFolder(folder);
    makeFolder(folder);
    replaceWord(folder, word); // of a client that had given this scheduler up, perhaps
    const client = readIfThere(join(folder, CLIENT)); // it has been here, and does not come again
    if (client !== undefined && client !== '') noteWord(folder, Number(client)); // empty: it is just coming, and will see the word
    for (const name of [CONTACT, CLIENT]) removeFile(join(folder, name));
    removeIfNoted(folder); // those who are awaited may have left already
  } catch {
    // The folder cannot be used: what made it so has been reported.
  }
}

/**
 * For a rank that is not the scheduler's and knows that the run is over, because the scheduler did not come or was killed: leaves word for
 * the others. The contact stays, so that the next run sees that the folder belongs to nobody.
 *
 * @param folder there already; else nothing happens
 * @returns false if another rank has left word before, and so is the one to say it
 */
export function leaveFolder(folder: string, rank: number, word: LastWord): boolean {
  try {
    const isFirst = leaveWord(folder, word);
    noteWord(folder, rank, ...clientIn(folder));
    return isFirst;
  } catch {
    return true; // the folder cannot be used
  }
}

/** For a rank that ends before it has met the scheduler: nobody needs to leave word for it. */
export function excuseFromFolder(folder: string, rank: number): void {
  if (!existsSync(folder)) return; // not yet, or the ranks meet in another way
  try {
    noteWord(folder, rank);
  } catch {
    // As above.
  }
}

/** Removes the folder if it is still that of this run. */
export function removeFolderOf(folder: string, run: string): void {
  try {
    if (contactIn(folder, namesIn(folder))?.run === run) removeFolder(folder);
  } catch {
    // Another rank is doing the same.
  }
}

/** The client that has met the scheduler: it has been here, and does not come again. */
function clientIn(folder: string): number[] {
  const rank = readIfThere(join(folder, CLIENT));
  return rank === undefined ? [] : [Number(rank)];
}

function contactIn(folder: string, names: readonly string[]): Contact | undefined {
  if (!names.includes(CONTACT)) return undefined;
  const text = readIfThere(join(folder, CONTACT));
  try {
    return text === undefined ? undefined : parseContact(text, folder);
  } catch {
    return undefined;
  }
}

function whoIs(contact: Contact | undefined): string {
  return contact === undefined ? '' : ` (pid ${contact.pid} on ${contact.host})`;
}

function startedTwice(what: string): RolecallError {
  const way = 'If one job step starts the script twice, give each runner its own "id" option';
  return new RolecallError('ERR_RENDEZVOUS', `${what}. ${way}; if nothing runs there, remove the folder`);
}
