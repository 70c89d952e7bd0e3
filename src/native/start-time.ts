import { readFileSync } from 'node:fs';

/**
 * When a process started, in ticks since the machine did: with its number, it names a process for good. Null if there is none, or
 * it has ended and only its parent has not taken note, or this is no Linux.
 */
export function startTimeOf(pid: number | 'self'): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before may hold anything
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
