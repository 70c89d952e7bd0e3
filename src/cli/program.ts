import { Command } from 'commander';
import { addDoctorCommand } from './doctor.ts';
import { addRunCommand } from './run.ts';
import { addSchedulerCommand } from './scheduler.ts';
import { addScriptCommand } from './script.ts';
import { addTeardownCommand } from './teardown.ts';
import { addWorkerCommand } from './worker.ts';

export interface ProgramOptions {
  readonly version: string;
  /** Columns of help texts. @default those of the terminal */
  readonly helpWidth?: number;
}

const EXAMPLES = `
Examples:
  rolecall run -n 4 job.js                       four ranks on this machine: scheduler, client, two workers
  rolecall doctor                                what would be detected here, and why
  rolecall script slurm --nodes 4 --tasks-per-node 8 --time 1:00:00 job.js > job.sbatch
  rolecall run --help                            all that a command can do`;

/** The program `rolecall`. Each command is in a file of its own. */
export function newProgram({ version, helpWidth }: ProgramOptions): Command {
  const program = new Command('rolecall')
    .description('One script, started on every rank of an HPC job, becomes a cluster.')
    .version(version)
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  if (helpWidth !== undefined) program.configureOutput({ getOutHelpWidth: () => helpWidth });
  addRunCommand(program);
  addDoctorCommand(program);
  addScriptCommand(program);
  addSchedulerCommand(program);
  addWorkerCommand(program);
  addTeardownCommand(program);
  return program;
}
