/** Computes something on every worker and prints where that was. Arguments: options of the runner as JSON, a file to print into. */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Client, createRunner, currentTask } from 'rolecall';

const options = JSON.parse(process.argv[2] ?? '{}');
await using runner = createRunner(options);
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const ranks = Array.from({ length: runner.worldSize }, (_, rank) => rank).filter(
  (rank) => options.inclusive || rank >= 2,
);
const workers = await Promise.all(
  ranks.map((rank) => client.with({ workers: rank }).submit(() => `${currentTask().worker}@${hostname()}`)),
);
const { SLURM_JOB_ID: job, SLURM_STEP_ID: step, SLURM_RESTART_COUNT: restart = '0' } = process.env;
const runnerIs = runner.constructor.name;
const { nWorkers, worldSize, rank } = runner;
const text = JSON.stringify({ runnerIs, rank, nWorkers, worldSize, workers, host: hostname(), job, step, restart });
if (process.argv[3] === undefined) console.log(text);
else writeFileSync(process.argv[3], text);
