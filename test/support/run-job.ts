/** Jobs as their users start them: whole processes, watched from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { endFamily, type Family, livingMembers, waitForEnd } from '../../scripts/test-runner/processes.ts';
import { Transcript } from './transcript.ts';
import { waitUntil } from './wait-until.ts';

export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface JobOptions {
  /** What is started, with `words` as arguments. Node.js by default. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Do not read the standard output until `readOutput` is called. */
  readonly readOutputLater?: boolean;
  /** How long each thing that is waited for may take. @default 30000 */
  readonly deadlineMs?: number;
}

export interface JobEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A file in its working directory that some jobs wait for. */
const GATE = 'cwd/gate';
/** Long enough for a busy machine; what must be faster is measured. */
const DEADLINE_MS = 30_000;
/** How long after its cause the end of everything may take. */
const END_MS = 5000;

/**
 * A job in a process group of its own, with a temporary folder and a working directory of its own. `words` are what stands
 * behind `node` on the command line.
 */
export class Job {
  readonly folder: string;
  /** Its working directory. */
  readonly cwd: string;
  readonly child: ChildProcess;
  readonly #transcript: Transcript;
  readonly #deadlineMs: number;
  readonly #family: Family;
  readonly #ended: Promise<Pick<JobEnd, 'code' | 'signal'>>;

  constructor(words: readonly string[], options: JobOptions = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'job-'));
    this.cwd = join(this.folder, 'cwd');
    for (const name of ['cwd', 'tmp']) mkdirSync(join(this.folder, name));
    const mark = basename(this.folder);
    const env = { ...process.env, TMPDIR: join(this.folder, 'tmp'), ROLECALL_TEST_JOB: mark, ...options.env };
    this.child = spawn(options.program ?? process.execPath, words, {
      cwd: this.cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#family = { group: this.pid, mark: `ROLECALL_TEST_JOB=${mark}` };
    this.#transcript = new Transcript();
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#transcript.follow('err', this.child.stderr as NodeJS.ReadableStream);
    if (options.readOutputLater !== true) this.readOutput();
    const { promise, resolve } = Promise.withResolvers<Pick<JobEnd, 'code' | 'signal'>>();
    this.child.on('exit', (code, signal) => resolve({ code, signal }));
    this.#ended = promise;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  readOutput(): void {
    this.#transcript.follow('out', this.child.stdout as NodeJS.ReadableStream);
  }

  /** Waits until the job has printed what matches; on time-out, says what it printed last. */
  printed(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#orDiscard(this.#transcript.match(pattern, this.#deadlineMs));
  }

  /** What it has printed to its standard error so far. */
  get errors(): string {
    return this.#transcript.text('err');
  }

  /** Waits until something outside has happened; on time-out, says what the job printed last. */
  until(holds: () => boolean, what: string): Promise<void> {
    return this.#orDiscard(this.#transcript.or(waitUntil(holds, 2 * this.#deadlineMs), what, this.#deadlineMs));
  }

  /** The process ids of the ranks that became a role, as `scheduler`, `worker 2`, … */
  get roles(): ReadonlyMap<string, number> {
    const roles = new Map<string, number>();
    for (const { pid, command } of livingMembers(this.#family)) {
      const [, role, rank] = command.match(/ (scheduler|worker) rank=(\d+)$/) ?? [];
      if (role !== undefined) roles.set(role === 'scheduler' ? role : `${role} ${rank}`, pid);
    }
    return roles;
  }

  openGate(): void {
    writeFileSync(join(this.folder, GATE), '');
  }

  /** Ctrl-C on a terminal reaches the whole group. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Waits until the job's first process has ended and all that it printed is read. */
  async end(): Promise<JobEnd> {
    const end = await this.#transcript.or(this.#ended, 'the end of the job', this.#deadlineMs);
    await this.#transcript.or(this.#transcript.closed, 'the end of its output', END_MS);
    return { ...end, out: this.#transcript.text('out'), err: this.#transcript.text('err') };
  }

  /** Waits until none of the job's processes lives any more. */
  async allEnd(): Promise<void> {
    const left = await waitForEnd(this.#family, END_MS);
    assert.equal(left, [], `a process is left. ${this.#transcript.text('err')}`);
  }

  /** Waits for the end, checks that nothing is left, and removes the job's folder. */
  async endAndLeaveNothing(): Promise<JobEnd> {
    try {
      const end = await this.end();
      await this.allEnd();
      assert.equal(filesUnder(this.folder), [], `a file is left. ${end.err}`);
      assert.equal(sharedMemory(), [], `shared memory is left. ${end.err}`);
      for (const port of portsIn(end.out)) assert.ok(await closes(port), `port ${port} is still open. ${end.err}`);
      return end;
    } finally {
      await this.discard();
    }
  }

  async #orDiscard<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Ends what is still there, after a test that failed. */
  async discard(): Promise<void> {
    await endFamily(this.#family);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a job to its end, which must leave nothing behind. */
export function runJob(words: readonly string[], options: JobOptions = {}): Promise<JobEnd> {
  return new Job(words, options).endAndLeaveNothing();
}

/** Lines by which a user learns of trouble: messages of the package, and the first line of an error that nobody caught. */
export function messagesIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^(rolecall|error): (?!summary: )|^(?:[A-Za-z]*Error|\[?Error).*: /.test(line));
}

/** The blocks by which a client sums up a run that ended badly, and what stands behind them. */
export function summariesIn(text: string): string[] {
  const starts = [...text.matchAll(/^rolecall: summary: /gm)].map(({ index }) => index);
  return starts.map((start, i) => text.slice(start, starts[i + 1]));
}

function filesUnder(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => !['cwd', 'tmp', GATE].includes(name));
}

function sharedMemory(): string[] {
  return readdirSync('/dev/shm').filter((name) => name.includes('rolecall'));
}

function portsIn(text: string): number[] {
  return [...text.matchAll(/(?:tls|wss):\/\/127\.0\.0\.1:(\d+)/g)].map((match) => Number(match[1]));
}

/** True as soon as nobody listens there; other ranks may still be about to end. */
async function closes(port: number): Promise<boolean> {
  const end = performance.now() + END_MS;
  while (await listens(port)) if (performance.now() > end) return false;
  return true;
}

function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host: '127.0.0.1' }, () => resolve(true));
  socket.on('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
