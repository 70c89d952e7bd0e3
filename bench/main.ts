/**
 * `npm run bench [-- --json] [-- --quick]`: what rolecall costs, on a cluster of local processes with everything as users have it (TLS on).
 * Absolute figures depend on the machine and on what else it does, so each is the median of several, and stands beside a
 * yardstick measured in the same run.
 */
import { benchCluster, type Figure } from './cluster.ts';
import { benchMillion } from './million.ts';
import { benchYardsticks } from './yardsticks.ts';

const json = process.argv.includes('--json');
const quick = process.argv.includes('--quick');

const figures: Figure[] = [
  ...(await benchYardsticks()),
  ...(await benchCluster(quick)),
  ...(await benchMillion(quick)),
];

if (json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
else {
  const width = Math.max(...figures.map((figure) => figure.name.length));
  for (const { name, value, unit, note } of figures) {
    const number = value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
    process.stdout.write(`${name.padEnd(width)}  ${number.padStart(9)} ${unit.padEnd(7)} ${note}\n`);
  }
}
