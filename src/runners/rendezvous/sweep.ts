/** Folders of runs that were killed, or of which a rank never came, so that nobody removed them. The next run does. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere } from './files.ts';
import { ageOfWord } from './last-word.ts';
import { OWNER_FILE } from './temporary-folder.ts';
import { isDead, type Whereabouts } from './whereabouts.ts';

const CONTACT = 'contact.json';
const OURS = /^\.?rolecall-/;
/** A rank that starts so much later than the others does not come. */
const LATEST_MS = 3_600_000;

const whereabouts = v.object({ host: v.string(), pid: v.number(), pidSpace: v.string() });

/** Removes the folders of processes that are certainly dead, and of runs that were over an hour ago. */
export function sweep(parent: string): void {
  for (const folder of deadFolders(parent)) rmSync(folder, { recursive: true, force: true });
}

/** The folders in `parent` that are of this user, and of processes that are certainly dead or runs that were over an hour ago. */
export function deadFolders(parent: string): string[] {
  try {
    const names = readdirSync(parent).filter((name) => OURS.test(name));
    return names
      .map((name) => join(parent, name))
      .filter((folder) => isOwnFolder(folder) && (isOfDead(folder) || isForgotten(folder)));
  } catch {
    return []; // it is somebody else's, or cannot be read: then what is in it stays
  }
}

/** Not a link either: who made it may have pointed it anywhere. */
function isOwnFolder(folder: string): boolean {
  const there = lstatSync(folder, { throwIfNoEntry: false });
  return there?.isDirectory() === true && there.uid === process.getuid?.();
}

/** A word for ranks that never came. */
function isForgotten(folder: string): boolean {
  return (ageOfWord(folder) ?? 0) > LATEST_MS;
}

function isOfDead(folder: string): boolean {
  const text = readIfThere(join(folder, OWNER_FILE)) ?? readIfThere(join(folder, CONTACT));
  const owner = text === undefined ? undefined : parseOwner(text);
  return owner !== undefined && isDead(owner);
}

function parseOwner(text: string): Whereabouts | undefined {
  try {
    return v.parse(whereabouts, JSON.parse(text));
  } catch {
    return undefined;
  }
}
