/** Puts its own job back into the queue, from within a running cluster. */
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
execFileSync('scontrol', ['requeue', process.env['SLURM_JOB_ID'] as string]);
await delay(60_000);
