/**
 * How does the mean delay of flights grow through the day, and how sure is that? Answered by 1000 resamples of 200,000
 * flights, which the workers share.
 *
 *     node examples/flight-delays.ts                      on a laptop: starts its own ranks, one worker for each core
 *     rolecall run -n 8 examples/flight-delays.ts         8 ranks on this machine
 *     srun -n 64 node examples/flight-delays.ts           64 ranks of a Slurm job
 *
 * The numbers are the same for any number of ranks. Options: `--resamples 5000` does more work, `--json` prints for
 * programs.
 */
import { parseArgs } from 'node:util';
import { Client, createRunner } from 'rolecall';
import { meanOf, middle95, randomFrom, resampledMean } from './bootstrap.ts';
import { clusterTable, delayTable, growthLine } from './flight-tables.ts';
import { readDelaysByHour } from './flights.ts';

const MORNING = 6;
const EVENING = 22;

await using runner = createRunner(); // rank 0 schedules, ranks 2, 3, … work: only the client, rank 1, gets past this line
await using client = new Client(runner);

const { values: options } = parseArgs({
  options: { resamples: { type: 'string', default: '1000' }, json: { type: 'boolean', default: false } },
});
const seeds = [...Array(Number(options.resamples)).keys()];

await client.waitForWorkers(runner.nWorkers);
if (!options.json) console.log(clusterTable(runner, client.workers));

// The data goes to each worker once. A task carries a seed, and names the data.
const delaysByHour = readDelaysByHour();
const delaysOnWorkers = client.scatter(delaysByHour, { broadcast: true });

// One task draws one resample of every hour: 3 ms of work. What the function imports, the worker imports for itself.
function resample(seed: number, hours: readonly Int16Array[]): number[] {
  const random = randomFrom(seed);
  return hours.map((delays) => resampledMean(delays, random));
}

const tasks = client.map(resample, seeds, delaysOnWorkers);
await client.progress(tasks);
const resamples = await tasks; // for each seed the mean of each hour

const hours = delaysByHour.map((delays, hour) => ({
  hour,
  flights: delays.length,
  mean: meanOf(delays),
  ...middle95(resamples.map((means) => means[hour]!)),
}));
const growth = {
  from: MORNING,
  to: EVENING,
  mean: hours[EVENING]!.mean - hours[MORNING]!.mean,
  ...middle95(resamples.map((means) => means[EVENING]! - means[MORNING]!)),
};

console.log(options.json ? JSON.stringify({ hours, growth }) : `${delayTable(hours)}\n\n${growthLine(growth)}`);
