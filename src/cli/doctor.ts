/** `rolecall doctor`: says what would be detected here and why, and what is missing for what. */
import type { Command } from 'commander';

const EXPLANATION = `
It looks and changes nothing. Of the environment it shows variables of launchers alone. Run it where the job runs:

  rolecall doctor                              on a laptop, a login node, in a batch script
  srun npx rolecall doctor                     as ranks: rank 0 says all, the others a line each
  mpirun -n 4 npx rolecall doctor --json       facts and findings of each rank, as a line of JSON

The exit code is 1 if a cluster cannot start as things are.`;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what would be detected here and why, and what is missing for what')
    .option('--json', 'as one line of JSON')
    .addHelpText('after', EXPLANATION)
    .action(async ({ json }: { readonly json?: true }) => {
      const { diagnose } = await import('./doctor/diagnose.ts'); // it asks the runners, which other commands do not need
      process.exitCode = diagnose(json === true);
    });
}
