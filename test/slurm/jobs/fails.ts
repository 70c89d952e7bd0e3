/** A client that throws in its block, or exits there with the code in its argument. */
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const code = process.argv[2];
if (code !== undefined) process.exit(Number(code));
throw new TypeError('my own mistake');
