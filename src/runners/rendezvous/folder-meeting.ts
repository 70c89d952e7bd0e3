/** Ranks that meet in a folder. One that waits for long leaves a note, so that a folder that is not shared can be told in the end. */
import { existsSync, rmdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Contact } from './contact.ts';
import { checkParent, namesIn, removeFile, writeNote } from './files.ts';
import {
  claimContact,
  closeFolder,
  lookForContact,
  lookForWord,
  type Meeting,
  publishContact,
  removeFolderOf,
} from './folder.ts';
import type { LastWord } from './last-word.ts';
import type { MeetingPoint, WhoMeets } from './meeting-point.ts';

const NOTE = /^waits-(\d+)-on-(.+)$/;

export class FolderMeeting implements MeetingPoint {
  readonly #who: WhoMeets;
  #looked = false;
  #isOpen = false;
  #note: string | undefined;

  constructor(who: WhoMeets) {
    this.#who = who;
  }

  get place(): string {
    return `in ${this.#who.folder}`;
  }

  publish(contact: Contact): void {
    publishContact(this.#who.folder, contact);
    this.#isOpen = true;
  }

  discover(): Meeting {
    const { folder, identityKey, rank, role } = this.#who;
    const meeting = lookForContact(folder, identityKey, rank);
    if (meeting.kind === 'nobody' && !this.#looked) checkParent(folder);
    this.#looked = true;
    if (meeting.kind !== 'open') return meeting;
    this.#removeNote();
    if (role !== 'client') return meeting;
    claimContact(folder, rank);
    return lookForWord(folder, rank) ?? meeting; // it may have been closed just before
  }

  unpublish(word: LastWord | undefined): void {
    const isTidy = this.#isOpen && !existsSync(this.#who.folder); // the others had given this scheduler up
    this.#isOpen = false;
    if (!isTidy) closeFolder(this.#who.folder, word);
  }

  clear(run: string): void {
    removeFolderOf(this.#who.folder, run);
  }

  waitsLong(): void {
    const { folder, rank } = this.#who;
    if (!this.#looked) return; // the runner's class has its own way
    try {
      this.#note = `waits-${rank}-on-${hostname()}`;
      writeNote(folder, this.#note, 'waits'); // a full disk takes empty files
    } catch (error) {
      if (isUnusable(error)) throw error; // the scheduler cannot write there either, nor say so
    }
  }

  giveUp(): string {
    const { folder, isOneHost } = this.#who;
    return isOneHost || this.#note === undefined ? '' : whoIsThere(notesIn(folder));
  }

  leave(): void {
    this.#removeNote();
    try {
      rmdirSync(this.#who.folder);
    } catch {
      // Others are still in it, or it is gone.
    }
  }

  #removeNote(): void {
    if (this.#note !== undefined) removeFile(join(this.#who.folder, this.#note));
    this.#note = undefined;
  }
}

const UNUSABLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'];

/** A folder that nobody can meet in, rather than one that somebody has just removed. */
function isUnusable(error: unknown): boolean {
  const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
  return UNUSABLE.includes(cause?.code ?? '');
}

/** The ranks that have waited in the folder for long, and still do. */
export function waitersIn(folder: string): number[] {
  return notesIn(folder).map(({ rank }) => rank);
}

function notesIn(folder: string): Note[] {
  return namesIn(folder).flatMap((name) => {
    const [, rank, host] = name.match(NOTE) ?? [];
    return host === undefined ? [] : [{ rank: Number(rank), host }];
  });
}

interface Note {
  readonly rank: number;
  readonly host: string;
}

function whoIsThere(notes: readonly Note[]): string {
  const hosts = new Set(notes.map(({ host }) => host));
  const [host] = hosts;
  if (host === undefined || hosts.size > 1) return '';
  const ranks = notes.map(({ rank }) => rank).sort((a, b) => a - b);
  const list = ranks.length > 1 ? `ranks ${ranks.slice(0, -1).join(', ')} and ${ranks.at(-1)}` : `rank ${ranks[0]}`;
  const why = `Only ${list} of ${host} ${ranks.length > 1 ? 'are' : 'is'} seen there`;
  return `${why}: the folder is not shared by all nodes, or no other rank has started. Pass a "directory" that is (or set ROLECALL_DIRECTORY)`;
}
