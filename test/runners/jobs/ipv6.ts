/** A value that goes from one worker to another, and where all listen. Arguments: options of the runner as JSON. */
import { hostname, networkInterfaces } from 'node:os';
import { Client, createRunner, currentTask } from 'rolecall';

await using runner = createRunner(JSON.parse(process.argv[2] ?? '{}'));
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const large = client.with({ workers: 2 }).submit(() => Buffer.alloc(3_000_000, 7));
const sum = await client.with({ workers: 3 }).submit((bytes: Buffer) => bytes.reduce((a, b) => a + b, 0), large);
const where = (rank: number): Promise<string> =>
  client
    .with({ workers: rank })
    .submit(() => `${currentTask().worker}@${hostname()}`)
    .result();
const workers = [await where(2), await where(3)];
const families = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ family }) => family));
const { schedulerAddresses } = runner;
console.log(JSON.stringify({ sum, workers, schedulerAddresses, host: hostname(), families: [...new Set(families)] }));
