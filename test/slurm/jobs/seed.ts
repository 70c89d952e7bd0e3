/** The ten lines that users begin with, and where everything ran. Arguments: options of the runner as JSON. */
import { hostname } from 'node:os';
import { Client, currentTask, SlurmRunner } from 'rolecall';

await using runner = new SlurmRunner(JSON.parse(process.argv[2] ?? '{}'));
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const ten = await client.submit((x: number) => x + 1, 10);
const [rank, twenty] = await client
  .with({ workers: 2 })
  .submit((x: number): [string, number] => [currentTask().worker, x + 1], 20);
const workers = await Promise.all(
  Array.from({ length: runner.worldSize }, (_, of) => of)
    .filter((of) => of >= 2)
    .map((workers) => client.with({ workers }).submit(() => `${currentTask().worker}@${hostname()}`)),
);
const meets = runner.folder === '' ? 'through PMI' : 'in a folder';
const { role, worldSize, nWorkers, schedulerAddresses } = runner;
console.log(
  JSON.stringify({
    ten,
    rank,
    twenty,
    role,
    worldSize,
    nWorkers,
    schedulerAddresses,
    workers,
    meets,
    host: hostname(),
  }),
);
