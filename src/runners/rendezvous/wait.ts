import { setTimeout as delay } from 'node:timers/promises';
import { block } from '../../block.ts';
import { RolecallError } from '../../errors.ts';
import type { Meeting } from './folder.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Waits so much longer, so that another rank, which waits for the same, says first that it was in vain. */
  readonly graceMs?: number;
  /** Spreads the ranks out, so that ten thousand of them do not ask a file server at the same moment. */
  readonly rank: number;
  /** Whether a look asks nobody but this machine now, so that many are no burden. */
  readonly isCheap?: () => boolean;
  /** What is waited for and where, for the error text. */
  readonly what: string;
  /** Called once, when the wait has become long. Throws if it is certain to be in vain, as in a folder that cannot be written. */
  readonly waitsLong?: () => void;
  /** Called when it was in vain: what may explain it, as a sentence, or nothing. */
  readonly giveUp?: () => string;
}

/**
 * How much longer than the client the others wait in a meeting to which all must come. Launchers end all ranks with the first that
 * leaves it, and the client is to have said by then what it waited for; ranks do not start at the same moment.
 */
export const CLIENT_FIRST_MS = 5000;

/**
 * How long a scheduler that has told all ranks, at one moment, why it cannot start stays there: launchers end all ranks with the first that
 * fails, and the client is to have said why by then.
 */
export const CLIENT_SAYS_MS = 1000;

/**
 * So few looks that ten thousand ranks are no storm for a file server: at most fifteen in the first eighteen seconds. Most of them are where
 * schedulers mostly come: in the first half second. Later a rank waits as long again as it has waited.
 */
const FIRST_MS = 40;
const FIRST_PAUSES = 8;
const LONGEST_MS = 5000;
const LONG_WAIT_MS = 10_000;
/** Between looks that are cheap. */
const CHEAP_MS = 4;

/** What ends the wait: the scheduler is there, or the run is over. */
export type Met = Exclude<Meeting, { readonly kind: 'nobody' }>;

/** Waits without blocking. @throws {RolecallError} `ERR_DEADLINE`, and what `look` throws. */
export async function waitForMeeting(look: () => Meeting, options: WaitOptions): Promise<Met> {
  for (const pause of pauses(options)) {
    const meeting = look();
    if (meeting.kind !== 'nobody') return meeting;
    await delay(pause);
  }
  return lastLook(look, options);
}

/** The same, blocking the thread: for a constructor. Signals end the process as usual, since none of its handlers can run. */
export function waitForMeetingSync(look: () => Meeting, options: WaitOptions): Met {
  for (const pause of pauses(options)) {
    const meeting = look();
    if (meeting.kind !== 'nobody') return meeting;
    block(pause);
  }
  return lastLook(look, options);
}

/** How long a rank waits between two looks, for ever: short at first, longer later, and not the same on all ranks. */
export function* pausesOf(rank: number): Generator<number, never> {
  const spread = 1 + ((rank * 0.618) % 1) / 2;
  for (let i = 0; i < FIRST_PAUSES; i++) yield FIRST_MS * spread;
  for (let waited = FIRST_MS * FIRST_PAUSES; ; waited *= 2) yield Math.min(waited, LONGEST_MS) * spread;
}

/** The pauses after each look until it is in vain. */
export function* pauses(options: WaitOptions): Generator<number, void> {
  const { timeoutMs, graceMs = 0, rank, isCheap = () => false, waitsLong = () => {} } = options;
  const end = performance.now() + timeoutMs + graceMs;
  const longAt = performance.now() + Math.min(LONG_WAIT_MS, timeoutMs / 2);
  let isLong = false;
  for (const pause of pausesOf(rank)) {
    if (performance.now() >= end) return;
    if (!isLong && performance.now() > longAt) {
      isLong = true;
      waitsLong();
    }
    yield Math.min(isCheap() ? CHEAP_MS : pause, Math.max(1, end - performance.now()));
  }
}

/** This process may have stood still until time was up. */
function lastLook(look: () => Meeting, options: WaitOptions): Met {
  const meeting = look();
  if (meeting.kind !== 'nobody') return meeting;
  throw tooLate(options);
}

function tooLate({ timeoutMs, what, giveUp = () => '' }: WaitOptions): RolecallError {
  const hint = giveUp();
  const text = `Waited ${timeoutMs} ms (startTimeoutMs) for ${what}, in vain`;
  return new RolecallError('ERR_DEADLINE', hint === '' ? text : `${text}. ${hint}`);
}
