/** `rolecall teardown`: ends and removes what clusters left on this machine when they were killed. */
import { rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { deadFolders } from '../runners/rendezvous/sweep.ts';
import { endProcesses, findProcesses, type LeftProcess } from './leftovers.ts';
import { repeatable } from './option-flags.ts';

const EXPLANATION = `
A process is taken for left over if it is yours, carries the mark of a cluster (ROLECALL_OWNER) and the process that it
belonged to has ended; a folder, if the process that made it ran on this machine and has ended. Clusters that run, and
what only looks like a part of one, are left alone. The command looks at the machine that it runs on:

  rolecall teardown                                        lists, and changes nothing
  rolecall teardown --yes                                  ends the processes (SIGTERM, then SIGKILL), removes the folders
  rolecall teardown --with SLURM_JOB_ID=57 --yes           only what has that in its environment
  srun --overlap --jobid 57 --ntasks-per-node 1 npx rolecall teardown --yes
                                                           on every node of a job`;

interface TeardownOptions {
  readonly yes?: true;
  readonly with: readonly string[];
  readonly directory: readonly string[];
}

export function addTeardownCommand(program: Command): void {
  program
    .command('teardown')
    .description('list, or end, what killed clusters left on this machine')
    .option('-y, --yes', 'do it; without, it is only said what would be done')
    .addOption(repeatable('--with <NAME=value>', 'only processes with this in their environment'))
    .addOption(repeatable('--directory <folder>', 'look here for folders too'))
    .addHelpText('after', EXPLANATION)
    .action(async (options: TeardownOptions) => {
      process.exitCode = await teardown(options);
    });
}

async function teardown({ yes, with: only, directory }: TeardownOptions): Promise<number> {
  const { left, running } = findProcesses(only);
  const folders = only.length > 0 && directory.length === 0 ? [] : usualFolders(directory).flatMap(deadFolders);
  say(
    `On ${hostname()}: ${count(left.length, 'process', 'processes')} and ${count(folders.length, 'folder', 'folders')} left over.`,
  );
  for (const one of left) say(`  process ${one.pid}: ${one.command} (its owner, process ${one.owner.pid}, is gone)`);
  for (const folder of folders) say(`  folder ${folder}`);
  if (running > 0) say(`${count(running, 'process', 'processes')} of clusters that run, left alone.`);
  if (left.length + folders.length === 0) return 0;
  if (yes !== true) {
    say('Nothing was changed. `rolecall teardown --yes` ends the processes and removes the folders.');
    return 0;
  }
  return report(await endProcesses(only), folders);
}

function report(remaining: readonly LeftProcess[], folders: readonly string[]): number {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  for (const { pid, command } of remaining) say(`Process ${pid} does not end: ${command}`);
  if (remaining.length === 0) say('All of it is gone.');
  return remaining.length === 0 ? 0 : 1;
}

/** Where runners put their folders if they are not told otherwise. */
function usualFolders(further: readonly string[]): string[] {
  const { ROLECALL_DIRECTORY: given } = process.env;
  const named = [...further, ...(given === undefined ? [] : [given, dirname(resolve(given))])];
  return [...new Set([tmpdir(), '.', ...named].map((folder) => resolve(folder)))];
}

function count(number: number, one: string, more: string): string {
  return `${number} ${number === 1 ? one : more}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
