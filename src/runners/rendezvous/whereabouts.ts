import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Where a process is, so that others can tell whether it still lives. */
export interface Whereabouts {
  readonly host: string;
  readonly pid: number;
  /** In which numbering of processes: containers on one host have one each. */
  readonly pidSpace: string;
}

export function ownWhereabouts(): Whereabouts {
  return { host: hostname(), pid: process.pid, pidSpace: ownPidSpace() };
}

/** True if the process is gone for certain. One on another host, or in another container, may always live. */
export function isDead({ host, pid, pidSpace }: Whereabouts): boolean {
  return host === hostname() && pidSpace === ownPidSpace() && !exists(pid);
}

/** True if nothing can be said of the process from here. */
export function isElsewhere({ host, pidSpace }: Whereabouts): boolean {
  return host !== hostname() || pidSpace !== ownPidSpace();
}

/** True if the process is this one. */
export function isOwn({ host, pid, pidSpace }: Whereabouts): boolean {
  return host === hostname() && pidSpace === ownPidSpace() && pid === process.pid;
}

function ownPidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no Linux: one numbering
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isExiting(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The kernel's mark of a process that is about to end; its connections break before it is gone. */
const PF_EXITING = 4;

/** About to end, or ended and not yet reaped by its parent. */
function isExiting(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , , , , , flags] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' || (Number(flags) & PF_EXITING) !== 0;
  } catch {
    return false; // no Linux, or just gone: the next look says so
  }
}
