/** `rolecall scheduler`: a scheduler for workers and clients that come by themselves. */
import type { Command } from 'commander';
import { SCHEDULER_OPTIONS } from '../runners/options.ts';
import { becomeRole } from '../runners/role-plan.ts';
import { HAND_OPTIONS, handPlan, SCHEDULER_FILE } from './hand-plan.ts';
import { addOptionFlags, variablesOf } from './option-flags.ts';

const OPTIONS = { ...HAND_OPTIONS, ...SCHEDULER_OPTIONS };

const EXPLANATION = `
It writes its address and the key of the cluster into the scheduler file (default: ${SCHEDULER_FILE} in the working directory),
which only you can read. Workers and clients need that file and no more:

  rolecall scheduler --scheduler-host 10.0.0.5 --scheduler-file ~/scheduler.json &
  rolecall worker --scheduler-file ~/scheduler.json &        on every machine that shall work
  new Client({ schedulerFile })                              in the program

It ends with Ctrl-C, SIGTERM, or \`client.shutdown()\`; all workers end with it.`;

export function addSchedulerCommand(program: Command): void {
  const command = program
    .command('scheduler')
    .description('start a scheduler by hand, for workers and clients that come by themselves')
    .addHelpText('after', EXPLANATION)
    .action((_options: unknown, self: Command) => becomeRole(handPlan('scheduler', variablesOf(self, OPTIONS))));
  addOptionFlags(command, 'Options:', OPTIONS);
}
