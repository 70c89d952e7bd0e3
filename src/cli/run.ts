/** `rolecall run -n 4 job.ts`: starts the ranks of a job on this machine, as `srun` and `mpirun` do on a cluster. */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { RolecallError } from '../errors.ts';
import { CLIENT_NOTE_VARIABLE, notedClient } from '../runners/client-note.ts';
import { ALL_RUNNER_OPTIONS } from '../runners/options.ts';
import { PARENT_VARIABLE } from '../runners/parent.ts';
import { sweep } from '../runners/rendezvous/sweep.ts';
import { makeTemporaryFolder } from '../runners/rendezvous/temporary-folder.ts';
import { copyLines, labelOf } from './labels.ts';
import { addOptionFlags, integer, requireOptions, variablesOf } from './option-flags.ts';
import { endWithClient, exitCodeOf, forwardSignals, type RankProcess, startRank } from './rank-processes.ts';
import { runDragonJob } from './run-dragon.ts';

const EXAMPLES = `
Examples:
  rolecall run -n 4 job.ts                     scheduler, client and two workers
  rolecall run -n 2 --inclusive job.ts         two ranks that work too
  rolecall run -n 8 --launcher dragon job.ts   started by DragonHPC, on all nodes of the allocation
  rolecall run -n 4 -l --worker-slots 1 job.ts 10 --fast
                                               what stands behind the job file goes to the job

Ctrl-C is left to the job; a second one ends all ranks at once. The exit code is that of the client (rank 1), else that
of the first other rank that failed.`;

interface RunOptions {
  readonly ranks?: number;
  readonly label?: true;
  readonly launcher: 'local' | 'dragon';
}

export function addRunCommand(program: Command): void {
  const run = program
    .command('run')
    .description('run a job file as several ranks on this machine')
    .option(
      '-n, --ranks <number>',
      'ranks to start; rank 0 schedules, rank 1 is the client, the others work',
      integer(1),
    )
    .addOption(
      new Option('--launcher <name>', 'who starts the ranks: this program, or a runtime of DragonHPC on all its nodes')
        .choices(['local', 'dragon'])
        .default('local'),
    )
    .option('-l, --label', 'put the number of its rank before each line that a rank prints')
    .argument('<job>', 'the job file: .js, .mjs, .ts, .mts')
    .argument('[args...]', 'passed on to the job')
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(async (job: string, args: string[], { ranks, label, launcher }: RunOptions, command: Command) => {
      requireOptions(command, ['--ranks']);
      const env = { ...process.env, ...variablesOf(command, ALL_RUNNER_OPTIONS) };
      if (launcher === 'dragon' && label) command.error('error: --label is for ranks that this program starts itself');
      if (launcher === 'dragon') process.exitCode = await runDragonJob([job, ...args], ranks as number, env);
      else process.exitCode = await runJob([job, ...args], ranks as number, { env, label: label === true });
    });
  addOptionFlags(run, 'Options of the runner, where the job itself does not say otherwise:', ALL_RUNNER_OPTIONS);
}

export interface RunJobOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly label: boolean;
}

/**
 * Resolves with the exit code for the whole job.
 *
 * @param words the job file and its arguments
 * @throws {RolecallError} `ERR_INVALID_ARGUMENT` if there is no such job.
 */
export async function runJob(words: readonly string[], size: number, { env, label }: RunJobOptions): Promise<number> {
  const [job = ''] = words;
  if (!existsSync(job)) throw new RolecallError('ERR_INVALID_ARGUMENT', `Cannot run ${job}: there is no such file`);
  sweep(tmpdir());
  const directory = makeTemporaryFolder(tmpdir());
  const run = randomUUID();
  const note = join(directory, 'client-rank');
  const processes: RankProcess[] = [];
  const copies: Promise<void>[] = [];
  const stopForwarding = forwardSignals(processes, () => notedClient(note));
  try {
    for (let rank = 0; rank < size; rank++) {
      const place = { ...rankEnvironment(env, { rank, size, run, directory }), [CLIENT_NOTE_VARIABLE]: note };
      const process = startRank(words, place, label ? 'pipe' : 'inherit');
      processes.push(process);
      if (label) copies.push(...labelled(process, rank, size));
    }
    endWithClient(processes, () => notedClient(note));
    const ends = await Promise.all(processes.map((rank) => rank.ended));
    await Promise.all(copies);
    return exitCodeOf(ends, notedClient(note));
  } finally {
    stopForwarding();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Copies what a rank prints to the terminal, line by line. */
function labelled({ child }: RankProcess, rank: number, size: number): Promise<void>[] {
  return (['stdout', 'stderr'] as const).flatMap((name) => {
    const from = child[name];
    const to = process[name];
    if (rank === 0) to.setMaxListeners(0).on('error', () => {}); // whoever read is gone: the ranks meet that themselves
    return from === null ? [] : [copyLines(from, to, labelOf(rank, size, to))];
  });
}

interface Place {
  readonly rank: number;
  readonly size: number;
  readonly run: string;
  readonly directory: string;
}

function rankEnvironment(env: NodeJS.ProcessEnv, { rank, size, run, directory }: Place): NodeJS.ProcessEnv {
  return {
    ...env,
    ROLECALL_RANK: String(rank),
    ROLECALL_SIZE: String(size),
    ROLECALL_RUN: run,
    [PARENT_VARIABLE]: String(process.pid),
    ROLECALL_DIRECTORY: env['ROLECALL_DIRECTORY'] ?? directory,
  };
}
