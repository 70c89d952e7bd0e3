/** The nodes of a PBS job: a file with a line, the name of a host, for each rank. Pure but for the reading of it. */
import { readFileSync } from 'node:fs';
import type { Environment } from './launchers.ts';

/** Where OpenPBS keeps its files if its installation does not say otherwise. */
const PBS_HOME = '/var/spool/pbs';

/** The host of each rank; undefined outside of a job, or where the file cannot be read. */
export function pbsHosts(env: Environment): readonly string[] | undefined {
  const { PBS_JOBID: job, PBS_NODEFILE: named } = env;
  if (job === undefined) return undefined;
  // Tasks of pbsdsh on the first node are not told of the file, but it is there.
  for (const file of [named, `${env['PBS_HOME'] ?? PBS_HOME}/aux/${job}`]) {
    if (file === undefined) continue;
    try {
      return parseHosts(readFileSync(file, 'utf8'));
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}

export function parseHosts(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The ranks of a node, by its index among the nodes in the order of the file. */
export function ranksOfNode(hosts: readonly string[], node: number): number[] {
  const name = [...new Set(hosts)][node];
  return hosts.flatMap((host, rank) => (host === name ? [rank] : []));
}
