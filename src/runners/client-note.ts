/** `rolecall run` gives the exit code of the client, and which rank that is only the job knows: the rank itself says so in a file. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Names the file, where `rolecall run` started the ranks. */
export const CLIENT_NOTE_VARIABLE = 'ROLECALL_CLIENT_NOTE';

export function noteClient(rank: number): void {
  const file = process.env[CLIENT_NOTE_VARIABLE];
  delete process.env[CLIENT_NOTE_VARIABLE];
  if (file === undefined) return;
  try {
    writeFileSync(file, String(rank));
  } catch {
    // Only the exit code of a client that is killed depends on it.
  }
}

/** The client's rank, or undefined if no rank has become the client. */
export function notedClient(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
