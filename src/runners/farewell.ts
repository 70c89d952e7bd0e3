/**
 * The goodbye of a client's rank that ends before it has a connection, as with `process.exit()` right behind the constructor. Without
 * one, the scheduler would wait for this rank in vain. No promise runs any more then, so another process says it.
 */
import { spawnSync } from 'node:child_process';
import { roleProgram } from '../entry-points.ts';
import type { Contact } from './rendezvous/contact.ts';

export interface Farewell {
  readonly contact: Contact;
  readonly rank: number;
}

/** The word after the program by which it knows what to do. */
export const FAREWELL = 'farewell';

const MOST_MS = 5000;

/** False if the scheduler was not there to hear it. */
export function sayFarewell(farewell: Farewell): boolean {
  // The key of the run goes through a pipe: others can see arguments and environment.
  const input = JSON.stringify(farewell);
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  const words = [roleProgram(), FAREWELL];
  return spawnSync(process.execPath, words, { input, stdio: [...stdio], timeout: MOST_MS }).status === 0;
}
