/** `rolecall run -n 4 job.ts`: starts the ranks of a job on this machine, as `srun` and `mpirun` do on a cluster. */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { RolecallError } from '../errors.ts';
import { makeTemporaryFolder } from '../runners/rendezvous/sweep.ts';
import { exitCodeOf, forwardSignals, type RankProcess, startRank } from './rank-processes.ts';

export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('run a job file as several ranks on this machine')
    .option('-n, --ranks <number>', 'ranks to start; rank 0 schedules, rank 1 is the client, the others work', ranks)
    .argument('<job>', 'the job file: .js, .mjs, .ts, .mts')
    .argument('[args...]', 'passed on to the job')
    .passThroughOptions()
    .action(async (job: string, args: string[], options: { readonly ranks?: number }, command: Command) => {
      // Not a required option: then a flag with a typing error would go unnoticed, and the missing one be reported.
      if (options.ranks === undefined) command.error("error: required option '-n, --ranks <number>' not specified");
      process.exitCode = await runJob(job, args, options.ranks);
    });
}

/** Resolves with the exit code for the whole job. @throws {RolecallError} `ERR_INVALID_ARGUMENT` if there is no such job. */
export async function runJob(job: string, args: readonly string[], size: number): Promise<number> {
  if (!existsSync(job)) throw new RolecallError('ERR_INVALID_ARGUMENT', `Cannot run ${job}: there is no such file`);
  const directory = makeTemporaryFolder(tmpdir());
  const run = randomUUID();
  const processes: RankProcess[] = [];
  const stopForwarding = forwardSignals(processes);
  try {
    for (let rank = 0; rank < size; rank++) {
      processes.push(startRank([job, ...args], rankEnvironment({ rank, size, run, directory })));
    }
    return exitCodeOf(await Promise.all(processes.map((rank) => rank.ended)));
  } finally {
    stopForwarding();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Place {
  readonly rank: number;
  readonly size: number;
  readonly run: string;
  readonly directory: string;
}

function rankEnvironment({ rank, size, run, directory }: Place): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ROLECALL_RANK: String(rank),
    ROLECALL_SIZE: String(size),
    ROLECALL_RUN: run,
    ROLECALL_DIRECTORY: process.env['ROLECALL_DIRECTORY'] ?? directory,
  };
}

function ranks(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError(`It must be an integer >= 1, got ${JSON.stringify(text)}.`);
}
