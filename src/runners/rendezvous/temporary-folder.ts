import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { cannotUse, makeFolder, writeOnce } from './files.ts';
import { ownWhereabouts } from './whereabouts.ts';

/** Says to whom a folder belongs; where there is none, the scheduler's contact does. */
export const OWNER_FILE = 'owner.json';

/** A new folder that belongs to this process. @throws {RolecallError} `ERR_RENDEZVOUS` if it cannot be made. */
export function makeTemporaryFolder(parent: string): string {
  makeFolder(parent);
  let folder: string;
  try {
    folder = mkdtempSync(join(parent, `rolecall-${process.pid}-`));
  } catch (cause) {
    throw cannotUse(parent, cause as NodeJS.ErrnoException);
  }
  writeOnce(folder, OWNER_FILE, JSON.stringify(ownWhereabouts()));
  return folder;
}
