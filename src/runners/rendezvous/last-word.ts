/**
 * What is left in the folder for ranks that are still to come when the run is over: why it is. Each takes note of it, and the
 * last one removes the folder.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { namesIn, readIfThere, removeFile, removeFolder, writeOnce } from './files.ts';

const CLOSED = 'closed.json';
const NOTED = 'noted-';
const LOOK_MS = 20;
/** There as soon as one rank has read the word. */
const TOLD = 'told';

/** `left`: the client left its block. `broke off`: something else ended the run, and one rank says it. */
const HOW = ['left', 'broke off', 'never began'] as const;

/** Why a run is over. */
export interface LastWord {
  readonly reason: string;
  readonly how: (typeof HOW)[number];
  /** The ranks that are still to come. */
  readonly awaited: readonly number[];
}

const lastWord = v.object({ reason: v.string(), how: v.picklist(HOW), awaited: v.array(v.number()) });

export function hasWord(names: readonly string[]): boolean {
  return names.includes(CLOSED);
}

/** How long ago, in milliseconds, a word was left in the folder; undefined if there is none. */
export function ageOfWord(folder: string): number | undefined {
  const there = statSync(join(folder, CLOSED), { throwIfNoEntry: false });
  return there === undefined ? undefined : Date.now() - there.mtimeMs;
}

/** False if there is one already. */
export function leaveWord(folder: string, word: LastWord): boolean {
  return writeOnce(folder, CLOSED, JSON.stringify(word));
}

export function replaceWord(folder: string, word: LastWord): void {
  removeFile(join(folder, CLOSED));
  leaveWord(folder, word);
}

/** The word that was left in a folder with these names in it, of which the rank now knows, and whether it is the first to. */
export function takeWord(
  folder: string,
  names: readonly string[],
  rank: number,
): (LastWord & { readonly isFirst: boolean }) | undefined {
  if (!hasWord(names)) return undefined;
  const word = wordIn(folder);
  if (word === undefined) return undefined;
  const isFirst = !names.includes(TOLD) && writeOnce(folder, TOLD, '');
  noteWord(folder, rank);
  return { ...word, isFirst };
}

/** Takes note for ranks that know, or will never ask. The last one removes the folder. */
export function noteWord(folder: string, ...ranks: readonly number[]): void {
  for (const rank of ranks) writeOnce(folder, `${NOTED}${rank}`, '');
  removeIfNoted(folder);
}

/** Waits until all have taken note of the word that was just left, but not for ever. True if this rank has. */
export async function untilNoted(folder: string, rank: number, ms: number): Promise<boolean> {
  let names = namesIn(folder);
  if (!hasWord(names)) return false;
  for (const end = performance.now() + ms; hasWord(names) && performance.now() < end; names = namesIn(folder))
    await delay(LOOK_MS);
  return !hasWord(names) || names.includes(`${NOTED}${rank}`);
}

/** Removes the folder if nobody is awaited any more. */
export function removeIfNoted(folder: string): void {
  const word = wordIn(folder);
  if (word === undefined) return;
  const noted = new Set(namesIn(folder));
  if (word.awaited.every((rank) => noted.has(`${NOTED}${rank}`))) removeFolder(folder);
}

function wordIn(folder: string): LastWord | undefined {
  return parseWord(readIfThere(join(folder, CLOSED)) ?? '');
}

function parseWord(text: string): LastWord | undefined {
  try {
    return v.parse(lastWord, JSON.parse(text));
  } catch {
    return undefined;
  }
}
