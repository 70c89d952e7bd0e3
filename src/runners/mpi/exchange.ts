/** MPI, done for this rank by a process of its own: see the program that it runs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mpiProgram } from '../../entry-points.ts';
import { RolecallError } from '../../errors.ts';
import { keepAcrossExec } from '../../native/process.ts';
import { pmiDescriptor } from '../pmi-descriptor.ts';
import type { Broadcast, Broadcasted } from '../rendezvous/broadcast-meeting.ts';
import { ANSWER, type ExchangeAnswer, type ExchangeRequest } from './exchange-messages.ts';
import { libraryFor } from './libraries.ts';

/** Of what a library prints, the end is kept: it is shown if MPI fails. */
const MOST_PRINTED = 1 << 20;
const SHOWN = 1500;

interface World {
  readonly rank: number;
  readonly worldSize: number;
  readonly options: { readonly schedulerRank: number; readonly mpiLibrary: string | undefined };
}

export function mpiBroadcast({ rank, worldSize: size, options }: World): Broadcast {
  const { schedulerRank: root, mpiLibrary } = options;
  const request = { ...libraryFor(process.env, mpiLibrary), rank, size, root, text: null };
  return {
    what: `MPI broadcast, in which all ${size} ranks must take part`,
    send: (text, timeoutMs) => exchange({ ...request, text }, timeoutMs),
    receive: (timeoutMs) => exchange(request, timeoutMs),
    receiveNow: (timeoutMs) => exchangeSync(request, timeoutMs),
  };
}

/** Blocks until all ranks have taken part, or time is up. @throws {RolecallError} `ERR_RENDEZVOUS` if MPI fails. */
function exchangeSync(request: ExchangeRequest, timeoutMs: number): Broadcasted {
  const { status, signal, stdout, stderr, error } = withLauncherDescriptor(() =>
    spawnSync(process.execPath, [mpiProgram()], {
      env: environment(),
      input: JSON.stringify(request),
      encoding: 'utf8',
      timeout: Math.max(1, timeoutMs),
      killSignal: 'SIGKILL',
      maxBuffer: MOST_PRINTED,
    }),
  );
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT') return { kind: 'too late' };
  return judge(request, { status, signal, out: stdout ?? '', err: stderr || (error?.message ?? '') });
}

/** The same without blocking. @throws {RolecallError} `ERR_RENDEZVOUS` if MPI fails. */
async function exchange(request: ExchangeRequest, timeoutMs: number): Promise<Broadcasted> {
  const child = withLauncherDescriptor(() =>
    spawn(process.execPath, [mpiProgram()], { env: environment(), stdio: 'pipe' }),
  );
  child.stdin.on('error', () => {}).end(JSON.stringify(request));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const end = await endOf(child).finally(() => clearTimeout(timer));
  return isLate ? { kind: 'too late' } : judge(request, end);
}

/** What users ask of Node.js for their own program is not for this one. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: '' };
}

interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

function endOf(child: ChildProcess): Promise<End> {
  const { promise, resolve } = Promise.withResolvers<End>();
  const printed = { out: '', err: '' };
  const follow = (name: 'out' | 'err', stream: NodeJS.ReadableStream | null): void => {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed[name] = (printed[name] + text).slice(-MOST_PRINTED);
    });
  };
  follow('out', child.stdout);
  follow('err', child.stderr);
  child.on('error', (error) => resolve({ status: null, signal: null, out: '', err: error.message }));
  child.on('close', (status, signal) => resolve({ status, signal, ...printed }));
  return promise;
}

function judge({ rank, size }: ExchangeRequest, { status, signal, out, err }: End): Broadcasted {
  const line = out.split('\n').find((text) => text.startsWith(ANSWER));
  if (line === undefined) {
    throw cannotMeet(`the library ended the process that used it (${signal ?? `code ${status}`})`, err);
  }
  const answer = JSON.parse(line.slice(ANSWER.length)) as ExchangeAnswer;
  switch (answer.kind) {
    case 'met':
      return answer;
    case 'no library':
      return { kind: 'not here', why: answer.why };
    case 'another world': {
      const says = `the launcher started rank ${rank} of ${size}, and ${answer.library} says rank ${answer.rank} of ${answer.size}`;
      throw cannotMeet(`${says}: it is the library of another launcher`, '');
    }
    case 'failed':
      throw cannotMeet(`${answer.library}: ${answer.why}`, err);
  }
}

function cannotMeet(why: string, printed: string): RolecallError {
  const said = printed.trim() === '' ? '' : `. It printed:\n${printed.trim().slice(-SHOWN)}`;
  const way = 'Name the library of the launcher with the option "mpiLibrary" (ROLECALL_MPI_LIBRARY)';
  return new RolecallError('ERR_RENDEZVOUS', `The ranks cannot meet by MPI: ${why}. ${way}${said}`);
}

/** MPICH speaks to its launcher over a descriptor that must be open in the process that does it, and in no other. */
function withLauncherDescriptor<T>(start: () => T): T {
  const descriptor = pmiDescriptor(process.env);
  if (descriptor !== undefined) keepAcrossExec(descriptor);
  try {
    return start();
  } finally {
    if (descriptor !== undefined) keepAcrossExec(descriptor, false);
  }
}
