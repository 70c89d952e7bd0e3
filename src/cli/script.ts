/** `rolecall script slurm|pbs`: prints a batch script that is right. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { integer, repeatable, requireOptions } from './option-flags.ts';
import type { JobRequest } from './scripts/job.ts';
import { type PbsRequest, pbsScript } from './scripts/pbs.ts';
import { slurmScript } from './scripts/slurm.ts';

const EXAMPLES = `
Examples:
  rolecall script slurm --nodes 4 --tasks-per-node 8 --time 1:00:00 job.js > job.sbatch && sbatch job.sbatch
  rolecall script pbs --nodes 2 --tasks-per-node 32 --time 0:30:00 --queue debug --account mine job.js > job.pbs`;

type Options = Omit<PbsRequest, 'seconds' | 'words' | 'directives'> & {
  readonly time: number;
  readonly directive: readonly string[];
};

export function addScriptCommand(program: Command): void {
  const script = program.command('script').description('print a batch script for a job').addHelpText('after', EXAMPLES);
  addSystem(script, 'slurm', 'print a script for sbatch', slurmScript);
  addSystem(script, 'pbs', 'print a script for qsub', pbsScript).addOption(
    new Option('--with <launcher>', 'what starts the ranks; pbsdsh where there is no mpiexec')
      .choices(['mpiexec', 'pbsdsh'])
      .default('mpiexec'),
  );
}

function addSystem(
  script: Command,
  name: string,
  description: string,
  print: (request: PbsRequest) => string,
): Command {
  return script
    .command(name)
    .description(description)
    .option('--nodes <number>', 'nodes', integer(1))
    .option('--tasks-per-node <number>', 'ranks on each node', integer(1))
    .option('--time <h:mm:ss>', 'how long the job may take; days before a dash: 1-12:00:00', seconds)
    .option('--name <name>', 'name of the job (default: that of the job file)', word)
    .option('--queue <name>', 'queue, or partition', word)
    .option('--account <name>', 'account, or project', word)
    .option('--cpus-per-task <number>', 'cores for each rank', integer(1))
    .option('--gpus-per-node <number>', 'GPUs on each node', integer(1))
    .option('--inclusive', 'scheduler and client work too (default: if that saves nodes)')
    .option('--no-inclusive', 'they do not')
    .addOption(repeatable('--directive <text>', 'a further line for the batch system, as it is'))
    .argument('<job>', 'the job file')
    .argument('[args...]', 'passed on to the job')
    .passThroughOptions()
    .addHelpText('after', EXAMPLES)
    .action(
      (job: string, args: string[], options: Options & { readonly with?: PbsRequest['launcher'] }, self: Command) => {
        requireOptions(self, ['--nodes', '--tasks-per-node', '--time']);
        const { time, directive: directives, with: launcher = 'mpiexec', ...rest } = options;
        const request: JobRequest = { ...rest, seconds: time, directives, words: [job, ...args] };
        process.stdout.write(print({ ...request, launcher }));
      },
    );
}

function seconds(text: string): number {
  const [, days = '0', hours, minutes, rest] = text.match(/^(?:(\d{1,3})-)?(\d{1,4}):([0-5]\d):([0-5]\d)$/) ?? [];
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(rest);
  if (total > 0) return total;
  throw new InvalidArgumentError(`It must be a time such as 1:30:00 or 2-12:00:00, got ${JSON.stringify(text)}.`);
}

/** What stands in a line for the batch system must not begin another one. */
function word(text: string): string {
  if (/^[\w.@:+-]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError(`It must be a name without spaces, got ${JSON.stringify(text)}.`);
}
