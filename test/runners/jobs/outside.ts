/** A client from outside: `outside.ts <scheduler file> <workers to wait for>`. Computes something, then ends the cluster. */
import { Client } from 'rolecall';

const [schedulerFile = '', count] = process.argv.slice(2);
await using client = new Client({ schedulerFile });
await client.waitForWorkers(Number(count));
console.log(`sum ${await client.submit((a: number, b: number) => a + b, 40, 2)}`);
console.log(`workers ${client.workers.length}`);
await client.shutdown();
