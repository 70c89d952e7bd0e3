/** A client from outside: uses the workers of the cluster that its scheduler file names, then ends it if it is told to. */
import { Client } from 'rolecall';

const [schedulerFile = '', count = '1', then] = process.argv.slice(2);
await using client = new Client({ schedulerFile });
await client.waitForWorkers(Number(count));
console.log(`workers ${client.workers.map(({ name }) => name)}`);
console.log(`squares ${await client.map((x: number) => x * x, [1, 2, 3])}`);
if (then === 'shutdown') await client.shutdown();
