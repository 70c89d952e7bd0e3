/** The scheduler's part: sees to it that there is a runtime of DragonHPC for the run. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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
  const directory = mkdtempSync(join(tmpdir(), `rolecall-${process.pid}-dragon-`));
  const ready = join(directory, 'ready');
  const env = { ...process.env, DRAGON_ATTACH_TOKEN: token, DRAGON_ATTACH_DIR: directory, SLURM_OVERLAP: '1' };
  const words = [...dragonWords(process.env), '-a'];
  const runtime = new RuntimeProcess({ installation, plan: { ranks: 0, ready }, words, env, out: 'pipe', err: 'pipe' });
  const end = async (): Promise<void> => {
    await leaveRuntime();
    await runtime.end();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilReady(runtime, ready, startTimeoutMs);
    const contact = { token, directory };
    await joinRuntime({ ...options, contact });
    return { contact, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function untilReady(runtime: RuntimeProcess, ready: string, startTimeoutMs: number): Promise<void> {
  const end = performance.now() + startTimeoutMs;
  let said = '';
  for (const stream of [runtime.child.stdout, runtime.child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_BYTES);
    });
  }
  while (!existsSync(ready)) {
    if (runtime.hasEnded) {
      throw new RolecallError(
        'ERR_DRAGON',
        `Cannot start a runtime of DragonHPC: it ended while it started. It said:\n${said}`,
      );
    }
    if (performance.now() > end) {
      throw new RolecallError(
        'ERR_DEADLINE',
        `Cannot start a runtime of DragonHPC: it is not up after ${startTimeoutMs} ms (startTimeoutMs)`,
      );
    }
    await delay(LOOK_MS);
  }
}
