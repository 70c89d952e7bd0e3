/** A job that prints 3 MB before its ranks take up their roles. */
import { Client, createRunner } from 'rolecall';

console.error('prints');
process.stdout.write(`${'x'.repeat(3_000_000)}\n`);
await using runner = createRunner({ nWorkers: 1 });
await using _client = new Client(runner);
