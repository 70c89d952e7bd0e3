/** The processes of the ranks that `rolecall run` starts, until they end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How long ranks may take to end after they were told to. */
const END_MS = 10_000;
/** The same after the client has ended; a rank that is stopped does not end by itself. */
const AFTER_CLIENT_MS = 10_000;
/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const SAME_KEY_MS = 300;
export interface RankEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RankProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<RankEnd>;
}

export function startRank(words: readonly string[], env: NodeJS.ProcessEnv, output: 'inherit' | 'pipe'): RankProcess {
  const child = spawn(process.execPath, [...process.execArgv, ...words], { env, stdio: ['ignore', output, output] });
  const { promise: ended, resolve } = Promise.withResolvers<RankEnd>();
  child.on('exit', (code, signal) => resolve({ code, signal }));
  child.on('error', (error) => {
    process.stderr.write(`rolecall: rank ${env['ROLECALL_RANK']} could not be started: ${error.message}\n`);
    resolve({ code: 1, signal: null });
  });
  return { child, ended };
}

/**
 * The code of the client's rank, else of the first other rank that failed. That one of those was killed does not count: the
 * cluster survives the loss of a worker, and where it does not the client fails.
 *
 * @param clientRank undefined if no rank has become the client: then every rank counts
 */
export function exitCodeOf(ends: readonly RankEnd[], clientRank: number | undefined): number {
  const client = clientRank === undefined ? ends.find(({ signal }) => signal !== null) : ends[clientRank];
  if (client?.signal) return 128 + constants.signals[client.signal];
  return client?.code || ends.find(({ code }) => code)?.code || 0;
}

/** When the client has ended, the others have some time to do so too. */
export function endWithClient(ranks: readonly RankProcess[], clientRank: () => number | undefined): void {
  for (const [rank, { ended }] of ranks.entries()) {
    void ended.then(() => {
      if (rank !== clientRank()) return;
      setTimeout(() => ranks.forEach(({ child }) => child.kill('SIGKILL')), AFTER_CLIENT_MS).unref();
    });
  }
}

/**
 * Signals to this process are passed on, and ranks that do not obey are ended after a while. Ctrl-C on a terminal reaches the
 * ranks by itself; the client's may have something to save, so it is given time until Ctrl-C comes again. The client's rank is told first:
 * else it may be ended while it is about to say what it has heard of the scheduler's end, which nobody else would then say. Returns how to stop.
 */
export function forwardSignals(ranks: readonly RankProcess[], clientRank: () => number | undefined): () => void {
  const killAll = (): void => ranks.forEach(({ child }) => child.kill('SIGKILL'));
  const forward = (signal: NodeJS.Signals): void => {
    const client = clientRank();
    if (client !== undefined) ranks[client]?.child.kill(signal);
    for (const [rank, { child }] of ranks.entries()) if (rank !== client) child.kill(signal);
    setTimeout(killAll, END_MS).unref();
  };
  let interruptedAt: number | undefined;
  const interrupt = (): void => {
    interruptedAt ??= performance.now();
    if (performance.now() - interruptedAt > SAME_KEY_MS) killAll();
  };
  process.on('SIGTERM', forward).on('SIGHUP', forward).on('SIGINT', interrupt);
  return () => process.off('SIGTERM', forward).off('SIGHUP', forward).off('SIGINT', interrupt);
}
