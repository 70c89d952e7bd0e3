/** What killed clusters left on this machine, as far as it is certain to be theirs. Names of processes prove nothing and are not looked at. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type ExactProcess, signalExactly } from '../native/process.ts';
import { startTimeOf } from '../native/start-time.ts';
import { isGone, OWNER_VARIABLE, type Owner, parseOwner, pidSpaceOf } from '../runners/owner.ts';

export interface LeftProcess extends ExactProcess {
  readonly command: string;
  readonly owner: Owner;
}

export interface FoundProcesses {
  /** Their owners are gone. */
  readonly left: readonly LeftProcess[];
  /** How many belong to clusters that run. */
  readonly running: number;
}

const MERCY_MS = 5000;
const POLL_MS = 50;
/** What a left process has started is found when that one is gone, and so on. */
const MOST_ROUNDS = 10;

/**
 * Processes of this user that carry the mark of a cluster.
 *
 * @param only further `NAME=value` that must be in their environments
 */
export function findProcesses(only: readonly string[]): FoundProcesses {
  const left: LeftProcess[] = [];
  let running = 0;
  const own = lineage();
  for (const pid of numbersIn('/proc')) {
    if (own.has(pid)) continue;
    const found = inspect(pid, only);
    if (found === undefined) continue;
    if (isGone(found.owner)) left.push(found);
    else running++;
  }
  return { left, running };
}

/** Ends them, and what they started: SIGTERM, after a while SIGKILL. Returns those that are there still. */
export async function endProcesses(only: readonly string[]): Promise<readonly LeftProcess[]> {
  let { left } = findProcesses(only);
  for (let round = 0; left.length > 0 && round < MOST_ROUNDS; round++) {
    await end(left, 'SIGTERM');
    await end(left, 'SIGKILL');
    left = findProcesses(only).left;
  }
  return left;
}

async function end(processes: readonly LeftProcess[], signal: NodeJS.Signals): Promise<void> {
  const isThere = ({ pid, startTime }: ExactProcess): boolean => startTimeOf(pid) === startTime;
  for (const one of processes) signalExactly(one, signal);
  const until = performance.now() + MERCY_MS;
  while (processes.some(isThere) && performance.now() < until) await delay(POLL_MS);
}

/** Undefined if the process is not of this user, carries no mark, is in another container, or has just ended. */
function inspect(pid: number, only: readonly string[]): LeftProcess | undefined {
  try {
    if (statSync(`/proc/${pid}`).uid !== process.getuid?.() || pidSpaceOf(pid) !== pidSpaceOf('self')) return undefined;
    const startTime = startTimeOf(pid);
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const mark = variables.find((variable) => variable.startsWith(`${OWNER_VARIABLE}=`));
    const owner = parseOwner(mark?.slice(OWNER_VARIABLE.length + 1) ?? '');
    if (startTime === null || owner === undefined || !only.every((one) => variables.includes(one))) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { pid, startTime, owner, command };
  } catch {
    return undefined;
  }
}

/** This process and those that it descends from: a task may have started this command. */
function lineage(): Set<number> {
  const pids = new Set<number>();
  for (let pid = process.pid; pid > 0 && !pids.has(pid); pid = parentOf(pid)) pids.add(pid);
  return pids;
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}
