/** A job whose ranks have a communicator. Its argument says which of several kinds. */
import { createServer } from 'node:net';
import { Client, type Communicator, MPIRunner } from 'rolecall';
import * as fabric from './fabric.ts';

const { rank, size } = fabric;
const server = createServer();
const kinds: Readonly<Record<string, Communicator>> = {
  plain: { rank, size, broadcast: fabric.broadcast },
  promising: { rank, size, broadcast: async (bytes, root) => fabric.broadcast(bytes, root) },
  live: { rank, size, broadcast: () => new Uint8Array(server.connections ?? 0) },
};

await using runner = new MPIRunner({ comm: kinds[process.argv[2] ?? 'plain'] as Communicator });
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
const squares = [...(await client.map((x: number) => x * x, [1, 2, 3]))];
console.log(JSON.stringify({ rank: runner.rank, squares, folder: runner.folder }));
