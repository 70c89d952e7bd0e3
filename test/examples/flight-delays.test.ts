import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { middle95, randomFrom, resampledMean } from '../../examples/bootstrap.ts';
import type { Growth, HourlyDelay } from '../../examples/flight-tables.ts';
import { readDelaysByHour } from '../../examples/flights.ts';

interface Numbers {
  readonly hours: readonly HourlyDelay[];
  readonly growth: Growth;
}

const test = suite('examples/flight-delays.ts');
const ROOT = new URL('../..', import.meta.url);
const JOB = 'examples/flight-delays.ts';
const RESAMPLES = 100;
const AS_NUMBERS = ['--json', '--resamples', `${RESAMPLES}`];

/** What the job prints, once it has ended well and without a word that should not be there. */
async function run(...command: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.is(errors, `resample: ${RESAMPLES} of ${RESAMPLES} done, 0 failed\n`);
  assert.is(code, 0);
  return output;
}

/** What the job calculates, here in one process and one after the other. */
function expected(): { readonly low: number; readonly high: number }[] {
  const hours = readDelaysByHour();
  const resamples = Array.from({ length: RESAMPLES }, (_, seed) => {
    const random = randomFrom(seed);
    return hours.map((delays) => resampledMean(delays, random));
  });
  const grown = resamples.map((means) => means[22]! - means[6]!);
  return [...hours.map((_, hour) => resamples.map((means) => means[hour]!)), grown].map(middle95);
}

test('alone and as 4 ranks, it finds the numbers of a plain calculation in one process', async () => {
  const alone = await run(JOB, ...AS_NUMBERS);
  const { hours, growth } = JSON.parse(alone) as Numbers;
  assert.equal(
    [...hours, growth].map(({ low, high }) => ({ low, high })),
    expected(),
  );
  assert.is(await run('dist/cli.js', 'run', '-n', '4', JOB, ...AS_NUMBERS), alone);
});

test('its means and counts are those of the records as they are', async () => {
  const { hours, growth } = JSON.parse(await run(JOB, ...AS_NUMBERS)) as Numbers;
  const file = new URL('node_modules/vega-datasets/data/flights-200k.json', ROOT);
  const flights = JSON.parse(readFileSync(file, 'utf8')) as { readonly delay: number; readonly time: number }[];
  const means = hours.map(({ hour }) => {
    const delays = flights.filter(({ time }) => time >= hour && time < hour + 1).map(({ delay }) => delay);
    return { hour, flights: delays.length, mean: delays.reduce((a, b) => a + b, 0) / delays.length };
  });
  assert.equal(
    hours.map(({ hour, flights, mean }) => ({ hour, flights, mean })),
    means,
  );
  assert.is(
    means.reduce((sum, { flights }) => sum + flights, 0),
    200_000,
  );
  assert.is(growth.mean, means[22]!.mean - means[6]!.mean);
});

test('it says who has which role, and prints a table that fits into 100 columns, without colours', async () => {
  const lines = (await run(JOB, '--resamples', `${RESAMPLES}`)).split('\n');
  assert.match(lines[0]!, /^scheduler {2}rank 0, at tls:\/\/127\.0\.0\.1:\d+$/);
  assert.match(lines[1]!, /^client {5}rank 1, this script, as process \d+$/);
  assert.match(lines[2]!, /^workers {4}rank 2.*, on .+, with \d+ slots$/);
  assert.ok(lines.some((line) => /^ {2}6:00 {3}13,048 {3}-1\.3 .* ─?●─?│$/.test(line)));
  assert.ok(lines.some((line) => /^ 22:00 {4}5,149 {3}20\.5 .* │█{16,}─+●─+$/.test(line)));
  assert.not.ok(
    lines.some((line) => /^ {2}3:00/.test(line)),
    'an hour with 11 flights',
  );
  assert.not.ok(lines.some((line) => [...line].length > 100 || line.includes('\x1b')));
});

test.run();
