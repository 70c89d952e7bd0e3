/** A runtime of DragonHPC as a process of this package's: started, and ended with the run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { constants, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dragonProgram } from '../entry-points.ts';
import { RolecallError } from '../errors.ts';
import type { DragonInstallation } from './find-library.ts';
import { removeRuntimeMemory, sweepMemory } from './memory-files.ts';

/** What `ranks.py` is told, as JSON in its environment. No secrets. */
export type DragonPlan =
  | { readonly ranks: 0 /** Written when the runtime is up. */; readonly ready: string }
  | {
      readonly ranks: number;
      readonly program: string;
      readonly words: readonly string[];
      readonly folder: string;
      readonly env: Readonly<Record<string, string>>;
      /** Grows by a line with the number of each signal that the ranks are to get. */
      readonly signals: string;
    };

export interface RuntimeProcessOptions {
  readonly installation: DragonInstallation;
  readonly plan: DragonPlan;
  /** Of `dragon` itself, such as `-w slurm`. By default it finds out about the allocation. */
  readonly words?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly out: 'pipe' | 'ignore';
  readonly err: 'pipe' | 'inherit' | 'ignore';
}

const END_MS = 10_000;
const LATE_MS = 5000;
/** Memory that Dragon sets up for its own purposes; nothing of this package lies in it. */
const SEGMENT_BYTES = 256 << 20;

/** Gets a SIGINT when its parent ends, however that ends, so that it takes the runtime down in order. */
const WITH_PARENT =
  'import ctypes, os, sys\n' +
  'ctypes.CDLL(None).prctl(1, 2)\n' +
  'os.getppid() == int(sys.argv[1]) and os.execv(sys.argv[2], sys.argv[2:])';

export class RuntimeProcess {
  readonly #plan: DragonPlan;
  readonly child: ChildProcess;
  /** Resolves when the launcher has ended. */
  readonly ended: Promise<number | null>;

  /** @throws {RolecallError} `ERR_DRAGON_MISSING` if the command is not there. */
  constructor({ installation, plan, words = dragonWords(process.env), env, out, err }: RuntimeProcessOptions) {
    const { command } = installation;
    this.#plan = plan;
    if (command === null) {
      const text = `Cannot start a runtime of DragonHPC: ${installation.folder} is there, but the command \`dragon\` is not on PATH`;
      throw new RolecallError('ERR_DRAGON_MISSING', text);
    }
    const python = join(dirname(command), 'python3');
    this.child = spawn(
      existsSync(python) ? python : 'python3',
      ['-c', WITH_PARENT, String(process.pid), command, ...words, dragonProgram()],
      {
        env: {
          DRAGON_DEFAULT_SEG_SZ: String(SEGMENT_BYTES),
          DRAGON_USER_WAIT_MODE: 'IDLE_WAIT', // else it spins, and takes cores from the tasks
          ...env,
          ROLECALL_DRAGON: installation.folder,
          ROLECALL_DRAGON_PLAN: JSON.stringify({ ...plan, owner: { host: hostname(), pid: process.pid } }),
        },
        stdio: ['ignore', out, err],
      },
    );
    const { promise, resolve } = Promise.withResolvers<number | null>();
    this.child.on('exit', (code) => resolve(code));
    this.child.on('error', () => resolve(null));
    this.ended = promise;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Takes the runtime down: its program is told to end, and with that all of it ends in order. While it starts, there is no program yet. */
  async end(): Promise<void> {
    this.child.ref();
    const isUp = !('ready' in this.#plan) || existsSync(this.#plan.ready);
    if (!this.hasEnded) {
      if ('ready' in this.#plan) rmSync(this.#plan.ready, { force: true });
      else this.signalRanks('SIGKILL');
    }
    if (!(await this.#endsWithin(isUp ? END_MS : 0))) this.child.kill('SIGINT');
    if (!(await this.#endsWithin(LATE_MS))) this.child.kill('SIGKILL');
    await this.ended;
    this.removeMemory();
  }

  /** The ranks cannot be reached directly: they may be on other nodes. The program that started them passes the signal on. */
  signalRanks(signal: NodeJS.Signals): void {
    if ('signals' in this.#plan) appendFileSync(this.#plan.signals, `${constants.signals[signal]}\n`);
  }

  async #endsWithin(ms: number): Promise<boolean> {
    return (await Promise.race([this.ended, delay(ms, 'late' as const, { ref: false })])) !== 'late';
  }

  /** What a runtime that was killed, or what it killed, leaves behind. */
  removeMemory(): void {
    removeRuntimeMemory(this.child.pid ?? 0);
    sweepMemory();
  }
}

/** What `dragon` has to be told of the allocation: by itself it takes Slurm's programs on PATH for a reason to refuse one node. */
export function dragonWords(env: NodeJS.ProcessEnv): string[] {
  const given = env['ROLECALL_DRAGON_WORDS'];
  if (given !== undefined) return given.split(' ').filter((word) => word !== '');
  if (Number(env['SLURM_JOB_NUM_NODES'] ?? 1) > 1) return ['-m', '-w', 'slurm'];
  if (env['PBS_NODEFILE'] !== undefined && Number(env['PBS_NUM_NODES'] ?? 1) > 1) return ['-m', '-w', 'pbs'];
  return ['-s'];
}
