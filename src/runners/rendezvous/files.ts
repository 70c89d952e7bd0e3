/** Small files in a folder that ranks share, perhaps over a network: written whole or not at all, and never overwritten. */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { block } from '../../block.ts';
import { RolecallError } from '../../errors.ts';

/** Makes the folder, and the one that it is in. @throws {RolecallError} `ERR_RENDEZVOUS` if it cannot be made. */
export function makeFolder(folder: string): void {
  try {
    // Not `recursive`: where a file system says ENOENT whatever one makes there (autofs, /proc), Node.js tries it for ever.
    makeIfMissing(dirname(folder));
    makeIfMissing(folder);
  } catch (cause) {
    throw cannotUse(folder, cause as NodeJS.ErrnoException);
  }
}

function makeIfMissing(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const there = statSync(folder, { throwIfNoEntry: false });
    if (there === undefined) throw error;
    if (!there.isDirectory()) throw new Error('ENOTDIR', { cause: error });
  }
}

/**
 * Writes a file, readable by its owner only. False if it is there already: of two processes that write it, one alone succeeds.
 *
 * @throws {RolecallError} `ERR_RENDEZVOUS` if the folder cannot be written.
 */
export function writeOnce(folder: string, name: string, text: string): boolean {
  const temporary = join(folder, `.tmp-${hostname()}-${process.pid}-${name}`);
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return linkOnce(temporary, join(folder, name));
  } catch (cause) {
    throw cannotUse(folder, cause as NodeJS.ErrnoException);
  } finally {
    removeFile(temporary);
  }
}

/**
 * The same in one operation, for a file that others may see before its text is in it.
 *
 * @throws {RolecallError} `ERR_RENDEZVOUS` if the folder cannot be written.
 */
export function takeOnce(folder: string, name: string, text: string): boolean {
  try {
    writeFileSync(join(folder, name), text, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotUse(folder, error as NodeJS.ErrnoException);
  }
}

/**
 * Writes a file whose name says all that matters, in as few operations as can be. The folder is made if it is missing.
 *
 * @throws {RolecallError} `ERR_RENDEZVOUS` if the folder cannot be written.
 */
export function writeNote(folder: string, name: string, text: string): void {
  const write = (): NodeJS.ErrnoException | undefined => {
    try {
      return void writeFileSync(join(folder, name), text, { mode: 0o600, flush: true });
    } catch (error) {
      return error as NodeJS.ErrnoException;
    }
  };
  let failure = write();
  if (failure?.code === 'ENOENT') {
    makeFolder(folder);
    failure = write();
  }
  if (failure !== undefined) throw cannotUse(folder, failure);
}

/** A link, unlike a rename, fails if the name exists. */
function linkOnce(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * The names in a folder; none if it is not there yet, or for a moment cannot be read over the network. Listing it, unlike
 * looking for one file in it, is not answered from the memory of a network file system.
 *
 * @throws {RolecallError} `ERR_RENDEZVOUS` if it never will be, since it may not be read, or something else is in its place.
 */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' || code === 'EACCES') throw cannotUse(folder, error as NodeJS.ErrnoException);
    return [];
  }
}

/** @throws {RolecallError} `ERR_RENDEZVOUS` if the folder is not there and cannot be made either, so that waiting for it would be in vain. */
export function checkParent(folder: string): void {
  try {
    accessSync(dirname(folder), constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw cannotUse(folder, error as NodeJS.ErrnoException);
  }
}

export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Removes a file if it is there. */
export function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Somebody else removed it, or the disk is gone: nothing that could be done here.
  }
}

/** Removes a folder with what is in it, also while others write or remove something there. */
export function removeFolder(folder: string): void {
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    try {
      return rmSync(folder, { recursive: true, force: true }); // Node.js 24 does not try again by itself where something was added meanwhile
    } catch {
      block(TRY_AGAIN_MS);
    }
  }
}

const MOST_TRIES = 10;
const TRY_AGAIN_MS = 10;

export function cannotUse(folder: string, cause: NodeJS.ErrnoException): RolecallError {
  const way = 'Pass a "directory" that all ranks share and may write to (or set ROLECALL_DIRECTORY)';
  return new RolecallError(
    'ERR_RENDEZVOUS',
    `Cannot use the folder ${folder} for the ranks to meet: ${cause.code ?? cause.message}. ${way}`,
    { cause },
  );
}
