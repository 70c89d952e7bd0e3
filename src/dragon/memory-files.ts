/**
 * Memory of Dragon's lies in files of /dev/shm, which outlive a process that is killed. Those of this package's processes are named for
 * their process, so that others of the user know whose they are, and remove them when it is dead.
 */
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startTimeOf } from '../native/start-time.ts';

export const SHARED_MEMORY = '/dev/shm';
const OURS = /^Drolecall-(\d+)-(\w+)[a-z][MD]$/;

/** The name of a pool; Dragon allows no more than 28 characters, and puts one before and one behind it. */
export function poolName(purpose: 'm' | 'v'): string {
  return `rolecall-${process.pid}-${processSpace()}${purpose}`;
}

/** Removes what dead processes have left, and anybody with this one's number before it. */
export function sweepMemory(keep: readonly string[] = []): void {
  for (const name of names()) {
    const [, pid, space] = name.match(OURS) ?? [];
    if (space !== processSpace() || keep.includes(join(SHARED_MEMORY, name))) continue;
    if (Number(pid) === process.pid || startTimeOf(Number(pid)) === null) remove(name);
  }
}

/** Removes the memory of a runtime whose launcher, or whose service on this node, had the process number. */
export function removeRuntimeMemory(pid: number): void {
  const named = new RegExp(`^DD0${pid}[a-z]`);
  for (const name of names()) if (named.test(name)) remove(name);
}

/** Of a pool: its table, and its memory. */
export type PoolFiles = readonly [table: string, memory: string];

/** The two files of a pool, whose table Dragon names. */
export function filesOf(table: string): PoolFiles {
  const file = (last: string): string => join(SHARED_MEMORY, `${table.slice(0, -1)}${last}`);
  return [file('M'), file('D')];
}

/** Process numbers mean something only within it. */
function processSpace(): string {
  const [, inode = '0'] = readlinkSync('/proc/self/ns/pid').match(/(\d+)/) ?? [];
  return Number(inode).toString(36);
}

function names(): string[] {
  try {
    return readdirSync(SHARED_MEMORY);
  } catch {
    return []; // there is none: then there is no Dragon either
  }
}

function remove(name: string): void {
  rmSync(join(SHARED_MEMORY, name), { force: true });
}
