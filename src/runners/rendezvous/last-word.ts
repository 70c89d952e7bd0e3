/**
 * What is left in the folder for ranks that are still to come when the run is over: why it is. Each takes note of it, and the
 * last one removes the folder.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { namesIn, readIfThere, writeOnce } from './files.ts';

const CLOSED = 'closed.json';
const NOTED = 'noted-';

/** Why a run is over. */
export interface LastWord {
  readonly reason: string;
  /** It never began, because the scheduler could not start. */
  readonly failed: boolean;
  /** The ranks that are still to come. */
  readonly awaited: readonly number[];
}

const lastWord = v.object({ reason: v.string(), failed: v.boolean(), awaited: v.array(v.number()) });

export function hasWord(names: readonly string[]): boolean {
  return names.includes(CLOSED);
}

export function leaveWord(folder: string, word: LastWord): void {
  writeOnce(folder, CLOSED, JSON.stringify(word));
}

/** The word that was left in a folder with these names in it, of which the rank now knows. */
export function takeWord(folder: string, names: readonly string[], rank: number): LastWord | undefined {
  if (!hasWord(names)) return undefined;
  const word = parseWord(readIfThere(join(folder, CLOSED)) ?? '');
  if (word === undefined) return undefined;
  writeOnce(folder, `${NOTED}${rank}`, '');
  const noted = new Set(namesIn(folder));
  if (word.awaited.every((awaited) => noted.has(`${NOTED}${awaited}`)))
    rmSync(folder, { recursive: true, force: true });
  return word;
}

function parseWord(text: string): LastWord | undefined {
  try {
    return v.parse(lastWord, JSON.parse(text));
  } catch {
    return undefined;
  }
}
