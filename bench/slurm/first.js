/** Prints as soon as there is a result. Not TypeScript, of which Node.js needs 40 ms of CPU on each rank to take away the types. */
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
console.log(`first result ${await client.submit((x) => x + 1, 1)}`);
await client.waitForWorkers(runner.nWorkers);
