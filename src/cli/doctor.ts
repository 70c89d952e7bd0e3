/** `rolecall doctor`: says what would be detected here and why, and what is missing for what. */
import type { Command } from 'commander';
import { gatherFacts } from './doctor/facts.ts';
import { findingsOf } from './doctor/findings.ts';
import { reportOf } from './doctor/report.ts';

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
    .action(({ json }: { readonly json?: true }) => {
      process.exitCode = diagnose(json === true);
    });
}

function diagnose(json: boolean): number {
  const facts = gatherFacts(process.env);
  const findings = findingsOf(facts);
  const rank = facts.launchers.find(({ taken }) => taken)?.identity?.rank ?? 0;
  const isBad = findings.some(({ state }) => state === 'bad');
  if (json) process.stdout.write(`${JSON.stringify({ findings, facts })}\n`);
  else if (rank === 0)
    process.stdout.write(`On ${facts.host} (${facts.platform})\n\n${reportOf(findings, process.stdout)}`);
  else {
    const said = findings.filter(({ topic, state }) => ['who', 'role', 'meeting'].includes(topic) || state === 'bad');
    process.stdout.write(`On ${facts.host}: ${said.map(({ text }) => text).join('; ')}\n`);
  }
  return isBad ? 1 : 0;
}
