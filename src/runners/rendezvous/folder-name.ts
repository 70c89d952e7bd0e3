import { createHash } from 'node:crypto';

/** Name of the folder for one start: the same on all its ranks, another for every other start and script. */
export function folderName(run: string, script: readonly string[], id: string | undefined): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([run, script, id ?? null]))
    .digest('hex');
  return `.rolecall-${hash.slice(0, 20)}`;
}
