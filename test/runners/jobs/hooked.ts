/** A job with a runner class of its own. */
import { Client } from 'rolecall';
import { HookedRunner } from './hooked-runner.ts';

await using runner = new HookedRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
console.log('block');
