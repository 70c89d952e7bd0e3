/** Runs programs from tasks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RolecallError } from '../errors.ts';
import { MARK_VARIABLE, type Mark, newMark } from './children/marks.ts';
import { TaskProcesses } from './children/task-processes.ts';
import { taskStorage } from './current-task.ts';
import { OutputTail } from './output-tail.ts';

export interface ExecOptions {
  /** @default the working directory of the task */
  readonly cwd?: string;
  /** Added to the environment of the task; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the program when it fires. @default the signal of the current task, which fires when the task is cancelled */
  readonly signal?: AbortSignal;
  /** Its standard input. @default nothing */
  readonly input?: string | Uint8Array;
  /** Ends the program after this time. @default never */
  readonly timeoutMs?: number;
  /** How much of each of its two outputs is kept: of more, the end. @default 1 MiB */
  readonly maxOutputBytes?: number;
  /**
   * Gets the output as it comes, as text. `'task'` passes it on as output of the task, which is seen at the client. A program
   * that writes faster than this takes has to wait.
   */
  readonly onOutput?: 'task' | ((text: string, stream: 'out' | 'err') => void);
  /** Whether another exit code than 0, or an end by a signal, is an error. @default true */
  readonly check?: boolean;
  /** How long it may go on after SIGTERM before SIGKILL. @default 500 */
  readonly killGraceMs?: number;
}

export interface ExecResult {
  /** Null if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** More was written than was kept. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

const MOST_OUTPUT_BYTES = 2 ** 20;
const KILL_GRACE_MS = 500;
/** What the program left running may hold its pipes open. */
const LAST_OUTPUT_MS = 200;
const ERROR_CHARACTERS = 2000;

/**
 * Runs a program and waits for its end. No shell is involved: `exec('sh', ['-c', 'a | b'])` uses one. When the task is cancelled,
 * or the time is over, the program and all that it started get SIGTERM and then SIGKILL. What it leaves running when it has ended
 * ends with the task.
 *
 * @throws {RolecallError} `ERR_EXEC_START` if it cannot be started; `ERR_EXEC_FAILED` if it fails, with `exitCode`, `signal`,
 * `stdout` and `stderr` as properties, unless `check` is false; `ERR_DEADLINE` after `timeoutMs`. The reason of `signal` when it fires.
 */
export async function exec(
  command: string,
  args: readonly string[] = [],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { signal = taskStorage.getStore()?.signal, killGraceMs = KILL_GRACE_MS } = options;
  signal?.throwIfAborted();
  const startedAt = performance.now();
  using stop = new Stop(command, signal, options.timeoutMs);
  await using program = await Program.start(command, args, options);
  const reason = await Promise.race([program.exit.then(() => undefined), stop.reason]);
  if (reason !== undefined) await program.end(killGraceMs);
  const result = { ...(await program.result()), durationMs: performance.now() - startedAt };
  if (reason !== undefined) throw reason;
  if (result.exitCode !== 0 && options.check !== false) throw failure(command, result);
  return result;
}

/** Why a program is to be ended before its time. */
class Stop implements Disposable {
  readonly #stopped = Promise.withResolvers<unknown>();
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => this.#stopped.resolve(this.#signal?.reason);

  constructor(command: string, signal: AbortSignal | undefined, timeoutMs: number | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (timeoutMs === undefined) return;
    const late = new RolecallError('ERR_DEADLINE', `\`${command}\` ran longer than its timeoutMs of ${timeoutMs}`);
    this.#timer = setTimeout(() => this.#stopped.resolve(late), timeoutMs);
  }

  get reason(): Promise<unknown> {
    return this.#stopped.promise;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

type Exit = Pick<ExecResult, 'exitCode' | 'signal'>;

/** A program that was started. */
class Program implements AsyncDisposable {
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #mark: Mark;
  readonly #tails: readonly OutputTail[];
  readonly #outputsEnded: Promise<unknown>;

  /** @throws {RolecallError} `ERR_EXEC_START`. */
  static async start(command: string, args: readonly string[], options: ExecOptions): Promise<Program> {
    const { cwd, env, input } = options;
    const mark = newMark();
    const stdin = input === undefined ? 'ignore' : 'pipe';
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env, [MARK_VARIABLE]: mark },
      stdio: [stdin, 'pipe', 'pipe'],
      detached: true, // its signals are ours to send
    });
    const program = new Program(child, mark, options);
    await new Promise<void>((resolve, reject) => {
      child.on('spawn', resolve);
      child.on('error', (cause) => reject(cannotStart(command, cwd, cause)));
    });
    child.stdin?.on('error', () => {}); // it need not read all of its input
    child.stdin?.end(input);
    return program;
  }

  private constructor(child: ChildProcess, mark: Mark, options: ExecOptions) {
    this.#child = child;
    this.#mark = mark;
    this.exit = new Promise((resolve) => child.on('exit', (exitCode, signal) => resolve({ exitCode, signal })));
    const outputs = (['out', 'err'] as const).map((stream) => collect(child, stream, options));
    this.#tails = outputs.map(({ tail }) => tail);
    this.#outputsEnded = Promise.all(outputs.map(({ ended }) => ended));
  }

  /** Ends it with all that it started. */
  async end(graceMs: number): Promise<void> {
    if (process.platform === 'linux') return new TaskProcesses(graceMs).end(this.#mark);
    signalGroup(this.#child, 'SIGTERM');
    await Promise.race([this.exit, delay(graceMs)]);
    signalGroup(this.#child, 'SIGKILL');
  }

  async result(): Promise<Omit<ExecResult, 'durationMs'>> {
    const exit = await this.exit;
    await Promise.race([this.#outputsEnded, delay(LAST_OUTPUT_MS)]);
    const [stdout = '', stderr = ''] = this.#tails.map((tail) => tail.text());
    return { ...exit, stdout, stderr, truncated: this.#tails.some((tail) => tail.isTruncated) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
  }
}

function collect(child: ChildProcess, stream: 'out' | 'err', options: ExecOptions) {
  const { maxOutputBytes = MOST_OUTPUT_BYTES, onOutput } = options;
  const pipe = (stream === 'out' ? child.stdout : child.stderr) ?? undefined; // undefined if no descriptor is left
  const tail = new OutputTail(maxOutputBytes);
  const decoder = new TextDecoder();
  pipe?.on('data', (chunk: Buffer) => {
    tail.push(chunk);
    if (onOutput === undefined) return;
    const text = decoder.decode(chunk, { stream: true });
    if (onOutput === 'task') process[stream === 'out' ? 'stdout' : 'stderr'].write(text);
    else onOutput(text, stream);
  });
  const ended = new Promise((resolve) => pipe?.on('close', resolve));
  return { tail, ended };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** Node.js says the same whether the program or the folder is missing. */
function cannotStart(command: string, cwd: string | undefined, cause: NodeJS.ErrnoException): RolecallError {
  const { code } = cause;
  const why = (): string => {
    if (cwd !== undefined && !isFolder(cwd)) return `its working directory ${cwd} is not there`;
    if (code === 'ENOENT')
      return `there is no such program${command.includes('/') ? '' : ' in the PATH of the worker'}`;
    if (code === 'EACCES') return 'it may not be executed';
    if (code === 'EMFILE' || code === 'EAGAIN') return `there are too many open files or processes (${code})`;
    return cause.message;
  };
  return new RolecallError('ERR_EXEC_START', `Cannot run \`${command}\`: ${why()}`, { cause });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function failure(command: string, result: ExecResult): RolecallError {
  const { exitCode, signal, stdout, stderr } = result;
  const how = signal === null ? `exited with code ${exitCode}` : `was ended by ${signal}`;
  const said = stderr.trim().slice(-ERROR_CHARACTERS);
  const error = new RolecallError('ERR_EXEC_FAILED', `\`${command}\` ${how}${said === '' ? '' : `: ${said}`}`);
  return Object.assign(error, { exitCode, signal, stdout, stderr });
}
