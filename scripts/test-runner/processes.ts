import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;
const MERCY_MS = 2000;

export interface Process {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/** Finds processes that belong together. */
export interface Family {
  /** The process group and session of the first of them. */
  readonly group: number;
  /** A `NAME=value` in the environment that all inherited: it also finds those that began a session of their own. */
  readonly mark: string;
}

/** The living members of a family. Where there is no /proc (macOS) none are found. */
export function livingMembers(family: Family): Process[] {
  return numericEntries('/proc').flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X') return [];
      const related = Number(group) === family.group || Number(session) === family.group || isMarked(pid, family.mark);
      return related ? [{ pid, group: Number(group), command: commandLine(pid, stat) }] : [];
    } catch {
      return []; // it ended meanwhile, or is not ours to look at
    }
  });
}

/** Waits until no member lives any more, and returns those that still do when the time is over. */
export async function waitForEnd(family: Family, timeoutMs: number): Promise<Process[]> {
  const end = performance.now() + timeoutMs;
  let living = livingMembers(family);
  while (living.length > 0 && performance.now() < end) {
    await sleep(POLL_MS);
    living = livingMembers(family);
  }
  return living;
}

/** Asks every member to end (SIGTERM), and after two seconds ends it (SIGKILL). */
export async function endFamily(family: Family): Promise<void> {
  signalAll(family, 'SIGTERM');
  if ((await waitForEnd(family, MERCY_MS)).length === 0) return;
  signalAll(family, 'SIGKILL');
  await waitForEnd(family, MERCY_MS);
}

function signalAll(family: Family, signal: NodeJS.Signals): void {
  const others = livingMembers(family).filter((member) => member.group !== family.group);
  for (const pid of [-family.group, ...others.map((member) => member.pid)]) {
    try {
      process.kill(pid, signal);
    } catch {
      // it is gone
    }
  }
}

function numericEntries(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function isMarked(pid: number, mark: string): boolean {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
}

function commandLine(pid: number, stat: string): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  return words || stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
}
