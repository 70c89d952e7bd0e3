/** `rolecall run --launcher dragon`: the ranks are started by a runtime of DragonHPC, on all nodes that it has. */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findDragon } from '../dragon/find-library.ts';
import { dragonWords, RuntimeProcess } from '../dragon/runtime-process.ts';
import { RolecallError } from '../errors.ts';
import { sweep } from '../runners/rendezvous/sweep.ts';
import { makeTemporaryFolder } from '../runners/rendezvous/temporary-folder.ts';

/** How long ranks may take to end after they were told to. */
const END_MS = 10_000;
/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const SAME_KEY_MS = 300;
/** What the launcher of a single node prints at the end, to the ranks' output. */
const LAST_WORDS = /\+\+\+ head proc exited, code -?\d+\n/;
const LAST_WORDS_BEGIN = '+++ head proc exited, code ';

/**
 * Resolves with the exit code for the whole job.
 *
 * @param words the job file and its arguments
 * @throws {RolecallError} `ERR_INVALID_ARGUMENT` if there is no such job, `ERR_DRAGON_MISSING` without DragonHPC.
 */
export async function runDragonJob(words: readonly string[], size: number, env: NodeJS.ProcessEnv): Promise<number> {
  const [job = ''] = words;
  if (!existsSync(job)) throw new RolecallError('ERR_INVALID_ARGUMENT', `Cannot run ${job}: there is no such file`);
  const installation = findDragon(env);
  const flags = dragonWords(env);
  const parent = flags.includes('-s') ? tmpdir() : process.cwd();
  sweep(parent);
  const directory = makeTemporaryFolder(parent);
  const signals = join(directory, 'signals');
  try {
    const plan = {
      ranks: size,
      program: process.execPath,
      words: [...process.execArgv, ...words],
      folder: process.cwd(),
      env: {
        ROLECALL_DRAGON_SIZE: String(size),
        ROLECALL_DRAGON_RUN: randomUUID(),
        ROLECALL_TRANSPORT: env['ROLECALL_TRANSPORT'] ?? 'dragon',
        ROLECALL_DIRECTORY: env['ROLECALL_DIRECTORY'] ?? directory,
      },
      signals,
    };
    const runtime = new RuntimeProcess({ installation, plan, words: flags, env, out: 'pipe', err: 'inherit' });
    const stopForwarding = forwardSignals(runtime);
    try {
      return await untilEnd(runtime);
    } finally {
      stopForwarding();
      await runtime.end();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function untilEnd({ child, ended }: RuntimeProcess): Promise<number> {
  const copied =
    child.stdout === null ? undefined : pipeline(child.stdout, withoutLastWords(), process.stdout, { end: false });
  const [code] = await Promise.all([ended, copied?.catch(() => {})]); // whoever read is gone: the ranks go on
  return code ?? 1;
}

/** As for ranks that this program starts itself; but a terminal does not reach them, so Ctrl-C is passed on as well. */
function forwardSignals(runtime: RuntimeProcess): () => void {
  const endAll = (): void => void runtime.end();
  const forward = (signal: NodeJS.Signals): void => {
    runtime.signalRanks(signal);
    setTimeout(endAll, END_MS).unref();
  };
  let interruptedAt: number | undefined;
  const interrupt = (): void => {
    if (interruptedAt === undefined) runtime.signalRanks('SIGINT');
    else if (performance.now() - interruptedAt > SAME_KEY_MS) endAll();
    interruptedAt ??= performance.now();
  };
  process.on('SIGTERM', forward).on('SIGHUP', forward).on('SIGINT', interrupt);
  return () => process.off('SIGTERM', forward).off('SIGHUP', forward).off('SIGINT', interrupt);
}

/** @internal Passes everything on at once, but for what may be the beginning of the launcher's last words. */
export function withoutLastWords(): Transform {
  let held = '';
  return new Transform({
    decodeStrings: false,
    transform(chunk: Buffer, _encoding, done) {
      const text = (held + chunk.toString('latin1')).replace(LAST_WORDS, '');
      const at = heldFrom(text);
      held = text.slice(at);
      done(null, Buffer.from(text.slice(0, at), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(held, 'latin1'));
    },
  });
}

function heldFrom(text: string): number {
  const at = text.lastIndexOf(LAST_WORDS_BEGIN);
  if (at >= 0 && /^\d*$/.test(text.slice(at + LAST_WORDS_BEGIN.length))) return at;
  for (let length = LAST_WORDS_BEGIN.length - 1; length > 0; length--) {
    if (text.endsWith(LAST_WORDS_BEGIN.slice(0, length))) return text.length - length;
  }
  return text.length;
}
