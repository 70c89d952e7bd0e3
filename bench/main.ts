/**
 * `npm run bench [-- part…] [-- --json] [-- --quick]`: what rolecall costs, with everything as users have it (TLS on). Absolute figures
 * depend on the machine and on what else it does, so each is the median of several, and stands beside a yardstick measured in
 * the same run.
 */
import { benchCluster } from './cluster.ts';
import { benchData } from './data.ts';
import { benchDragon } from './dragon.ts';
import type { Figure } from './figure.ts';
import { benchMillion } from './million.ts';
import { benchSlurm } from './slurm.ts';
import { benchYardsticks } from './yardsticks.ts';

type Bench = (quick: boolean) => Promise<Figure[]>;

const PARTS: Readonly<Record<string, readonly Bench[]>> = {
  /** A cluster of processes on this machine. The part that is run if none is named. */
  local: [benchYardsticks, benchCluster, benchMillion],
  /** Large values between two processes. */
  data: [benchYardsticks, benchData],
  /** Packets and values through DragonHPC, and the same without. */
  dragon: [benchDragon],
  /** The start under a real srun, on nodes that are namespaces of this machine. */
  slurm: [benchSlurm],
};

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const named = words.filter((word) => !word.startsWith('--'));
const unknown = named.filter((part) => !Object.hasOwn(PARTS, part));
if (unknown.length > 0) {
  console.error(`There is no bench "${unknown.join(' ')}". There are: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const part of named.length === 0 ? ['local'] : named) {
  for (const bench of PARTS[part] ?? []) figures.push(...(await bench(quick)));
}
if (words.includes('--json')) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
else process.stdout.write(table(figures));

function table(rows: readonly Figure[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = ({ name, value, unit, note }: Figure): string => {
    const number = Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
    return `${name.padEnd(width)}  ${number.padStart(9)} ${unit.padEnd(7)} ${note}\n`;
  };
  return rows.map(line).join('');
}
