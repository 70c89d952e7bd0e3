/** `rolecall worker`: a worker for a scheduler that exists. */
import { type Command, InvalidArgumentError } from 'commander';
import { WORKER_OPTIONS } from '../runners/options.ts';
import { becomeRole } from '../runners/role-plan.ts';
import { HAND_OPTIONS, handPlan, SCHEDULER_FILE } from './hand-plan.ts';
import { addOptionFlags, variablesOf } from './option-flags.ts';

const OPTIONS = { ...HAND_OPTIONS, ...WORKER_OPTIONS };

const EXPLANATION = `
It waits for the scheduler file (default: ${SCHEDULER_FILE} in the working directory), joins the scheduler that it names, and works until
that ends, or until Ctrl-C or SIGTERM: then what it had to do runs elsewhere.

  rolecall worker --scheduler-file ~/scheduler.json --worker-slots 8
  srun -n 16 npx rolecall worker --scheduler-file ~/scheduler.json        sixteen, called 0 to 15

Tasks can be kept to it by its name: client.with({ workers: 'node7-4711' }).`;

export function addWorkerCommand(program: Command): void {
  const command = program
    .command('worker')
    .description('start a worker by hand, for a scheduler that exists')
    .option(
      '--name <name>',
      'what it is called (default: its rank, without a launcher its host and process number)',
      name,
    )
    .addHelpText('after', EXPLANATION)
    .action((options: { readonly name?: string }, self: Command) =>
      becomeRole(handPlan('worker', variablesOf(self, OPTIONS), options.name)),
    );
  addOptionFlags(command, 'Options:', OPTIONS);
}

function name(text: string): string {
  if (/^[\w.-]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError(`It must be of letters, digits, ".", "_" and "-", got ${JSON.stringify(text)}.`);
}
