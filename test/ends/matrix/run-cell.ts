/** Runs one cell of the matrix: brings a job to its stage, lets happen what shall, and compares the end with what the cell says. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { isLiving } from '../../support/living.ts';
import { Ranks } from '../../support/ranks.ts';
import { type Job, type JobEnd, messagesIn, summariesIn } from '../../support/run-job.ts';
import type { Cell, Code, How, Stage } from './cells.ts';

const JOB = new URL('../jobs/stages.ts', import.meta.url).pathname;
const CLIENT = 1;
const WORKER = 2;
const RANK_OF = { scheduler: 0, client: CLIENT, worker: WORKER, everybody: CLIENT };
const LATE_RANK = /^rolecall: rank [23] .*: leaves, because it comes too late: the run has ended \(the client left\)/;
const RESULT = 'squares 1,4,9,16,25';
/** Waits that shall end in vain are short, all others long. */
const IN_VAIN_MS = 4000;
const SILENCE_MS = 2000;
/** At least one task in each of two workers, three programs of each. */
const PROGRAMS = 6;

export interface CellRun {
  /** From what happened to the message about it. */
  readonly noticedMs: number | undefined;
  /** From what happened, or from the message about it, or from when the rank went on, to the end of the last process. */
  readonly endedMs: number;
}

export interface CellOptions {
  /** How long a stopped rank is left so at least. */
  readonly stopMs?: number;
}

/** A job under way, and the folder of its files and gates. */
interface Scene {
  readonly cell: Cell;
  readonly ranks: Ranks;
  readonly jobs: readonly Job[];
  readonly folder: string;
}

/** @throws an assertion error if a rank ends otherwise than the cell says, or anything is left. */
export async function runCell(cell: Cell, { stopMs = 0 }: CellOptions = {}): Promise<CellRun> {
  const folder = mkdtempSync(join(tmpdir(), 'stage-'));
  await using ranks = new Ranks(4, [JOB, folder, cell.when, String(RANK_OF[cell.who]), cell.how]);
  const jobs = ranks.startAll({
    ROLECALL_START_TIMEOUT_MS: String(cell.inVain ? IN_VAIN_MS : 60_000),
    ROLECALL_WORKER_TIMEOUT_MS: String(SILENCE_MS),
    ROLECALL_SCHEDULER_TIMEOUT_MS: String(SILENCE_MS),
  });
  const scene = { cell, ranks, jobs, folder };
  try {
    await untilStage(scene);
    const struckAt = performance.now();
    await strike(scene);
    open(scene, 'hold');
    if (cell.who === 'scheduler' && cell.when === 'idle') open(scene, 'work'); // the client learns of it when it goes on
    const saidAt = await untilSaid(scene);
    let causeAt = saidAt ?? struckAt;
    if (cell.resumes === 'when it is said') causeAt = await resume(scene, struckAt + stopMs);
    if (cell.goesOn) open(scene, 'work');
    let othersMs = 0;
    if (cell.resumes === 'when the others have ended') {
      await Promise.all(others(scene).map((job) => job.end()));
      othersMs = performance.now() - causeAt;
      causeAt = await resume(scene, struckAt + stopMs);
    }
    const ends = await Promise.all(jobs.map((job) => job.endAndLeaveNothing()));
    compare(scene, ends);
    assert.equal(programs(scene).filter(isLiving), [], 'programs that tasks started');
    const noticedMs = saidAt === undefined ? undefined : saidAt - struckAt;
    return { noticedMs, endedMs: Math.max(othersMs, performance.now() - causeAt) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function open({ folder }: Scene, gate: 'hold' | 'work'): void {
  writeFileSync(join(folder, gate), '');
}

/** Files by which the job says that it is there. */
const MARKS: Readonly<Record<Exclude<Stage, 'ending'>, readonly string[]>> = {
  before: ['started-1', 'at-before-0'],
  during: ['at-during-1', 'at-during-2', 'at-during-3'],
  idle: ['at-idle-1'],
  running: ['at-running-1'],
  moving: ['at-moving-1', 'at-moving-2'],
};

/** What a client does itself it does as soon as it is there. */
const BY_ITSELF: readonly How[] = ['returns', 'throws', 'exits with 7', 'leaves a rejection'];

function marksOf({ who, how, when }: Cell): readonly string[] {
  if (BY_ITSELF.includes(how)) return [`at-${when}-1`];
  return when === 'ending' ? [`at-ending-${RANK_OF[who]}`] : MARKS[when];
}

async function untilStage(scene: Scene): Promise<void> {
  const { cell, jobs, folder } = scene;
  const marks = marksOf(cell);
  const there = (): boolean => marks.every((mark) => existsSync(join(folder, mark)));
  await jobs[CLIENT]?.until(there, `stage ${cell.when}: the files ${marks}`);
  if (cell.when === 'running' && !BY_ITSELF.includes(cell.how)) await untilPrograms(scene);
  if (cell.when !== 'before') return;
  for (const job of jobs.slice(WORKER)) await job.until(() => heedsSignals(job.pid), 'a worker to heed signals');
}

async function untilPrograms(scene: Scene): Promise<void> {
  const areThere = (): boolean => programs(scene).filter(isLiving).length >= PROGRAMS;
  await scene.jobs[CLIENT]?.until(areThere, 'the programs that tasks start');
}

/** The process ids of what tasks have started. They carry the job's mark as well, so that their end is waited for. */
function programs({ folder }: Scene): number[] {
  return readdirSync(folder).flatMap(
    (name) =>
      name
        .match(/^started-by-.*-(\d+)$/)
        ?.slice(1)
        .map(Number) ?? [],
  );
}

/** A role that does not yet is about to be one: the signal would end the program that is replaced by it. */
function heedsSignals(pid: number): boolean {
  const caught = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^SigCgt:\s*([0-9a-f]+)/m)?.[1] ?? '0';
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGHUP - 1)) & 1n) === 1n;
}

async function strike({ cell, jobs, folder }: Scene): Promise<void> {
  const struck = jobs[RANK_OF[cell.who]] as Job;
  const signalAll = (signal: NodeJS.Signals): void => jobs.forEach((job) => job.child.kill(signal));
  switch (cell.how) {
    case 'Ctrl-C':
      return signalAll('SIGINT');
    case 'Ctrl-C twice':
      signalAll('SIGINT');
      if (cell.when !== 'before') await struck.until(() => existsSync(join(folder, 'interrupted')), 'the first Ctrl-C');
      return signalAll('SIGINT');
    case 'SIGSTOP':
      struck.child.kill('SIGSTOP');
      await struck.until(() => isStopped(struck.pid), 'the rank to stand still');
      if (cell.resumes === 'at once') struck.child.kill('SIGCONT');
      return;
    case 'SIGTERM':
    case 'SIGKILL':
      if (cell.who === 'everybody') signalAll(cell.how);
      else struck.child.kill(cell.how);
      return;
    default: // the client does it itself
  }
}

function isStopped(pid: number): boolean {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** When the message about it has been printed, as far as it comes while the run still goes on. */
async function untilSaid({ cell, jobs }: Scene): Promise<number | undefined> {
  const { says, when, goesOn } = cell;
  if (
    says === undefined ||
    cell.orNothing ||
    (goesOn && (when === 'before' || when === 'during') && cell.who === 'worker')
  )
    return undefined;
  const lines = (): string[] => jobs.flatMap((job) => messagesIn(job.errors));
  await jobs[CLIENT]?.until(() => lines().some((line) => says.pattern.test(line)), `the message ${says.pattern}`);
  return performance.now();
}

function others({ cell, jobs }: Scene): Job[] {
  return jobs.filter((_, rank) => rank !== RANK_OF[cell.who]);
}

/** Returns when that was. */
async function resume({ cell, jobs }: Scene, at: number): Promise<number> {
  await delay(Math.max(0, at - performance.now()));
  jobs[RANK_OF[cell.who]]?.child.kill('SIGCONT');
  return performance.now();
}

function compare({ cell, ranks }: Scene, ends: readonly JobEnd[]): void {
  const text = ends.map(({ err }, rank) => `--- rank ${rank}\n${err}`).join('\n');
  const { scheduler = 0, client = 0, worker = 0, otherWorker = 0 } = cell.codes;
  const expected: Code[] = [scheduler, client, worker, otherWorker];
  const codes = ends.map(({ code, signal }) => signal ?? code);
  assert.equal(codes, expected, `exit codes of ranks 0 to 3 are ${codes}, expected ${expected}\n${text}`);
  const messages = ends
    .flatMap(({ err }) => messagesIn(err))
    .filter((line) => !(cell.lateRank && LATE_RANK.test(line)));
  const isSilent = cell.says === undefined || (cell.orNothing === true && messages.length === 0);
  assert.is(messages.length, isSilent ? 0 : 1, `messages\n${text}`);
  if (cell.says !== undefined && !isSilent)
    assert.match(messages[0] as string, cell.says.pattern, `another message\n${text}`);
  compareSummary(cell, ends, text);
  if (cell.goesOn) assert.match(ends[CLIENT]?.out as string, RESULT);
  const left = ranks.left.filter(
    (name) =>
      !/^\.rolecall-[^/]*(\/(closed\.json|noted-\d+|told|waits-1-on-[^/]+))?$/.test(name) || cell.leaves === undefined,
  );
  assert.equal(left, [], `files are left in the shared folder: ${left.join(', ')}\n${text}`);
}

/** It is the last that the client prints: behind the message. */
function compareSummary({ sums }: Cell, ends: readonly JobEnd[], text: string): void {
  const counts = ends.map(({ err }) => summariesIn(err).length);
  assert.equal(counts, [0, sums === undefined ? 0 : 1, 0, 0], `summaries of ranks 0 to 3\n${text}`);
  if (sums !== undefined) assert.match(summariesIn(ends[CLIENT]?.err as string)[0] as string, sums.pattern);
}
