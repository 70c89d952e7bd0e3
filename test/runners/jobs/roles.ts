/** A job whose runner has the options in its argument; says what the client's rank knows, as JSON. */
import { Client, createRunner } from 'rolecall';

await using runner = createRunner(JSON.parse(process.argv[2] ?? '{}'));
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const { role, rank, worldSize, nWorkers, schedulerAddress } = runner;
const workers = client.workers.map((worker) => worker.name).sort();
const squares = await client.map((x: number) => x * x, [1, 2, 3]);
const execArgv = await client.submit(() => ({ flags: process.execArgv, gc: typeof globalThis.gc }));
console.log(
  JSON.stringify({ role, rank, worldSize, nWorkers, schedulerAddress, workers, squares: [...squares], execArgv }),
);
