import { gatherFacts } from './facts.ts';
import { findingsOf } from './findings.ts';
import { reportOf } from './report.ts';

/** Prints what was found; of ranks, the first prints all and the others a line each. Returns the exit code. */
export function diagnose(json: boolean): number {
  const facts = gatherFacts(process.env);
  const findings = findingsOf(facts);
  const rank = facts.launchers.find(({ taken }) => taken)?.identity?.rank ?? 0;
  if (json) process.stdout.write(`${JSON.stringify({ findings, facts })}\n`);
  else if (rank === 0)
    process.stdout.write(`On ${facts.host} (${facts.platform})\n\n${reportOf(findings, process.stdout)}`);
  else {
    const said = findings.filter(({ topic, state }) => ['who', 'role', 'meeting'].includes(topic) || state === 'bad');
    process.stdout.write(`On ${facts.host}: ${said.map(({ text }) => text).join('; ')}\n`);
  }
  return findings.some(({ state }) => state === 'bad') ? 1 : 0;
}
