/**
 * A job for ranks of MPI. Its argument is JSON: `options` of MPIRunner, `late` a rank that does not come for a while, `throws` whether the
 * client fails.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, MPIRunner } from 'rolecall';

const { options = {}, late, throws = false } = JSON.parse(process.argv[2] ?? '{}');
const launchersRank = (): string | undefined =>
  process.env['OMPI_COMM_WORLD_RANK'] ?? process.env['PMI_RANK'] ?? process.env['ROLECALL_RANK'];
if (launchersRank() === String(late)) {
  await delay(15_000);
  process.exit(1);
}
await using runner = new MPIRunner(options);
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
if (throws) throw new Error('the client is at the end of its wits');
const workers = client.workers.map((worker) => worker.name).sort();
const squares = [...(await client.map((x: number) => x * x, [1, 2, 3]))];
const last = Math.max(...workers.map(Number)); // where the last of them is
const onLast = await client.with({ workers: last }).submit(launchersRank);
process.stdout.write(`${JSON.stringify({ rank: runner.rank, size: runner.worldSize, workers, squares, onLast })}\n`);
