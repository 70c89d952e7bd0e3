/** Prints as soon as there is a result. */
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
console.log(`first result ${await client.submit((x: number) => x + 1, 1)}`);
await client.waitForWorkers(runner.nWorkers);
