/** How long a batch job may still run, and who wants to know that its time is running out. */
import { execFileSync } from 'node:child_process';
import type { Environment } from './launchers.ts';

/** Signals by which batch systems announce the end of a job, if they are asked to (`--signal=USR1@120`). */
export const ANNOUNCING = ['SIGUSR1', 'SIGUSR2'] as const;

/** Told to listeners: the job ends soon. */
export interface TimeLeft {
  /** What says so: a signal to this rank, or the job's time limit. */
  readonly reason: 'SIGTERM' | (typeof ANNOUNCING)[number] | 'time limit';
  /** Milliseconds, if it is known. */
  readonly leftMs: number | undefined;
}

export interface OnTimeLeftOptions {
  /** How long before the job's time limit to call, in milliseconds. @default 60000 */
  readonly beforeMs?: number;
}

const BEFORE_MS = 60_000;
const ASK_MS = 5000;
/** The longest that a timer can wait. */
const MOST_MS = 2 ** 31 - 1;

/** What the client's rank knows of its job's end. */
export class JobClock {
  readonly #drainMs: number;
  readonly #endsAt: () => number | undefined;
  #known: { readonly endsAt: number | undefined } | undefined;
  #toldAt: number | undefined;

  /** @param endsAt when the job will be ended, in milliseconds since 1970, if that can be found out; called once, when it is needed */
  constructor(drainMs: number, endsAt: () => number | undefined) {
    this.#drainMs = drainMs;
    this.#endsAt = endsAt;
  }

  /** Until the limit; from a SIGTERM on the time to drain, whether that came before the limit or with it. */
  get leftMs(): number | undefined {
    const endsAt = this.#toldAt === undefined ? this.#limit : this.#toldAt + this.#drainMs;
    return endsAt === undefined ? undefined : Math.max(0, endsAt - Date.now());
  }

  get #limit(): number | undefined {
    this.#known ??= { endsAt: this.#endsAt() };
    return this.#known.endsAt;
  }

  /** Lets announcements pass that nobody listens to: they would end the process. */
  surviveAnnouncements(): void {
    for (const signal of ANNOUNCING) process.on(signal, () => {});
  }

  listen(listener: (about: TimeLeft) => void, { beforeMs = BEFORE_MS }: OnTimeLeftOptions = {}): Disposable {
    const told = new Set<TimeLeft['reason']>();
    const tell = (reason: TimeLeft['reason']): void => {
      if (reason === 'SIGTERM' && told.has(reason)) return; // Slurm sends it twice at the time limit
      told.add(reason);
      if (reason === 'SIGTERM') this.#toldAt ??= Date.now();
      listener({ reason, leftMs: this.leftMs });
    };
    const signals = ['SIGTERM', ...ANNOUNCING] as const;
    for (const signal of signals) process.on(signal, tell as NodeJS.SignalsListener);
    const left = this.leftMs;
    const waitMs = left === undefined ? MOST_MS : Math.min(MOST_MS, Math.max(0, left - beforeMs));
    const timer = setTimeout(() => left !== undefined && tell('time limit'), waitMs).unref();
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        for (const signal of signals) process.off(signal, tell as NodeJS.SignalsListener);
      },
    };
  }
}

/** When the job of this environment will be ended, in milliseconds since 1970, as far as it says so. */
export function endFromEnvironment(env: Environment, startedAt: number): number | undefined {
  const slurm = Number(env['SLURM_JOB_END_TIME']); // from Slurm 23.02 on
  if (slurm > 0) return slurm * 1000;
  const seconds = Number(env['PBS_WALLTIME']); // Torque; of the whole job, so that this is at the latest
  return seconds > 0 ? startedAt + seconds * 1000 : undefined;
}

/** Asks Slurm. It takes some milliseconds, and is not possible where nodes have no `squeue`. */
export function endFromSlurm(env: Environment): number | undefined {
  const job = env['SLURM_JOB_ID'];
  if (job === undefined) return undefined;
  try {
    const words = ['--noheader', `--job=${job}`, '--format=%L %e'];
    const text = execFileSync('squeue', words, {
      encoding: 'utf8',
      env: { ...env, SLURM_TIME_FORMAT: 'standard' },
      timeout: ASK_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return parseEnd(text, Date.now());
  } catch {
    return undefined;
  }
}

/** From what is left of a job's limit, and when it ends: that may have been set to another time, and is given without a limit too. */
export function parseEnd(text: string, now: number): number | undefined {
  const [left = '', end = ''] = text.trim().split(/\s+/);
  const leftMs = parseDuration(left);
  if (leftMs === undefined) return undefined;
  const endsAt = Date.parse(end); // in the time zone of this process, as squeue wrote it
  return Number.isNaN(endsAt) ? now + leftMs : endsAt;
}

/** Milliseconds of a duration as Slurm writes it, `1-02:03:04` or `3:04`; undefined for one that has no end. */
export function parseDuration(text: string): number | undefined {
  const [, days = '0', hours = '0', minutes, seconds] = text.trim().match(/^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/) ?? [];
  if (minutes === undefined) return undefined;
  return ((Number(days) * 24 + Number(hours)) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}
