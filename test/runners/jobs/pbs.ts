/** A job under PBS, whose first argument are the options of the runner. Says what the client's rank knows. */
import { Client, createRunner } from 'rolecall';

await using runner = createRunner(JSON.parse(process.argv[2] ?? '{}'));
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const squares = await client.map((x: number) => x * x, [1, 2, 3]);
const { rank, worldSize } = runner;
const workers = client.workers.map(({ name }) => name);
const minutes = runner.timeLeftMs === undefined ? 'unknown' : Math.round(runner.timeLeftMs / 60_000);
console.log(
  JSON.stringify({ runner: runner.constructor.name, rank, worldSize, workers, squares: [...squares], minutes }),
);
if (process.argv[3] === 'fail') throw new RangeError('as it was told');
