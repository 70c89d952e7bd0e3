/** The scheduler's part: sees to it that there is a runtime of DragonHPC for the run. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RolecallError } from '../errors.ts';
import { findDragon } from './find-library.ts';
import { type DragonContact, type JoinOptions, joinRuntime, leaveRuntime, startedByDragon } from './membership.ts';
import { dragonWords, RuntimeProcess } from './runtime-process.ts';

export interface ProvidedRuntime {
  /** For the other ranks; null if Dragon started them too. */
  readonly contact: DragonContact | null;
  /** Leaves the runtime, and ends it if it was started here. */
  end(): Promise<void>;
}

const LOOK_MS = 50;
const SAID_BYTES = 4000;
const MOST_TRIES = 3;

/**
 * Joins the runtime that started this process, or the attachable one whose token is in the environment, else starts one.
 *
 * @throws {RolecallError} `ERR_DRAGON_MISSING`, `ERR_DRAGON`, `ERR_DEADLINE`.
 */
export async function provideRuntime(
  options: Omit<JoinOptions, 'contact'>,
  startTimeoutMs: number,
): Promise<ProvidedRuntime> {
  if (startedByDragon()) return joined(options, null);
  const { DRAGON_ATTACH_TOKEN: token, DRAGON_ATTACH_DIR: directory } = process.env;
  if (token !== undefined && directory !== undefined) return joined(options, { token, directory });
  return startRuntime(options, startTimeoutMs);
}

async function joined(options: Omit<JoinOptions, 'contact'>, contact: DragonContact | null): Promise<ProvidedRuntime> {
  await joinRuntime({ ...options, contact });
  return { contact, end: leaveRuntime };
}

async function startRuntime(options: Omit<JoinOptions, 'contact'>, startTimeoutMs: number): Promise<ProvidedRuntime> {
  const installation = findDragon();
  const token = randomBytes(32).toString('hex');
  const words = dragonWords(process.env);
  const { directory, ready } = places(words.includes('-s'), token.slice(0, 8));
  const env = { ...process.env, DRAGON_ATTACH_TOKEN: token, DRAGON_ATTACH_DIR: directory, SLURM_OVERLAP: '1' };
  const plan = { ranks: 0, ready } as const;
  const start = (): RuntimeProcess =>
    new RuntimeProcess({ installation, plan, words: [...words, '-a'], env, out: 'pipe', err: 'pipe' });
  let runtime = start();
  const end = async (): Promise<void> => {
    await leaveRuntime();
    await runtime.end();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const begin = performance.now();
    const times = { half: begin + startTimeoutMs / 2, until: begin + startTimeoutMs, startTimeoutMs };
    for (let tries = 1; !(await isReady(runtime, { ready, ...times, isLast: tries === MOST_TRIES })); tries++)
      runtime = start();
    const contact = { token, directory };
    await joinRuntime({ ...options, contact });
    return { contact, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * Where the file for attaching is, which each node has its own of; and the file that keeps the runtime alive, which its first node must
 * see. One node needs no more than its temporary folder; several share the working directory, and have memory of their own.
 */
function places(isOneNode: boolean, random: string): { readonly directory: string; readonly ready: string } {
  const name = `rolecall-${process.pid}-dragon-${random}`;
  const directory = join(isOneNode ? tmpdir() : '/dev/shm', name);
  mkdirSync(directory, { mode: 0o700 });
  return { directory, ready: isOneNode ? join(directory, 'ready') : join(process.cwd(), `.${name}`) };
}

interface Start {
  readonly ready: string;
  readonly half: number;
  readonly until: number;
  readonly startTimeoutMs: number;
  readonly isLast: boolean;
}

/**
 * Waits until it is up. False if it ended before, or half of the time is over, and it may be tried again: over several nodes, Dragon's
 * start fails now and then, or hangs.
 */
async function isReady(
  runtime: RuntimeProcess,
  { ready, half, until, startTimeoutMs, isLast }: Start,
): Promise<boolean> {
  let said = '';
  const isFirstHalf = performance.now() < half;
  for (const stream of [runtime.child.stdout, runtime.child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_BYTES);
    });
  }
  while (!existsSync(ready)) {
    const hangs = isFirstHalf && performance.now() > half;
    if ((runtime.hasEnded || hangs) && !isLast) {
      await runtime.end();
      return false;
    }
    if (runtime.hasEnded) {
      throw new RolecallError(
        'ERR_DRAGON',
        `Cannot start a runtime of DragonHPC: it ended while it started. It said:\n${said}`,
      );
    }
    if (performance.now() > until) {
      throw new RolecallError(
        'ERR_DEADLINE',
        `Cannot start a runtime of DragonHPC: it is not up after ${startTimeoutMs} ms (startTimeoutMs)`,
      );
    }
    await delay(LOOK_MS);
  }
  return true;
}
