/**
 * To whom a process of a cluster belongs: to the launcher or process that started it, and what a task starts to its worker. It is in
 * the environment of every such process, so that what is left over when its owner was killed can be told from everything else.
 */
import { readlinkSync } from 'node:fs';
import { startTimeOf } from '../native/start-time.ts';

export const OWNER_VARIABLE = 'ROLECALL_OWNER';

export interface Owner {
  readonly pid: number;
  /** As `startTimeOf` says: numbers of processes are used again. */
  readonly startTime: string;
  /** In which numbering of processes: containers have one each. */
  readonly pidSpace: string;
}

/** What to put into the environment of a process that belongs to `pid`; nothing where that cannot be told (no /proc). */
export function ownerVariables(pid: number): Record<string, string> {
  const startTime = startTimeOf(pid);
  return startTime === null ? {} : { [OWNER_VARIABLE]: `${pid}@${startTime}@${pidSpaceOf('self')}` };
}

export function parseOwner(text: string): Owner | undefined {
  const [, pid, startTime, pidSpace] = text.match(/^(\d{1,10})@(\d{1,20})@(pid:\[\d{1,20}\])$/) ?? [];
  return pid === undefined
    ? undefined
    : { pid: Number(pid), startTime: startTime as string, pidSpace: pidSpace as string };
}

/** True if the owner has ended for certain: one in another container cannot be seen from here. */
export function isGone({ pid, startTime, pidSpace }: Owner): boolean {
  return pidSpace === pidSpaceOf('self') && startTimeOf(pid) !== startTime;
}

/** Empty if it cannot be told. */
export function pidSpaceOf(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}
