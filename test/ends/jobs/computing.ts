/** A client that computes without a pause as soon as it has met the scheduler, until its folder has a file `go`. It says so by `met`. */
import { existsSync, writeFileSync } from 'node:fs';
import { Client, createRunner } from 'rolecall';

const [folder] = process.argv.slice(2) as [string];
const bell = new Int32Array(new SharedArrayBuffer(4));

await using runner = createRunner();
writeFileSync(`${folder}/met`, '');
while (!existsSync(`${folder}/go`)) Atomics.wait(bell, 0, 0, 20);
await using client = new Client(runner);
await client.submit(() => 42);
