/** A job one of whose hooks, named by its argument, fails. */
import { Client, createRunner } from 'rolecall';

const [name = ''] = process.argv.slice(2);
function fail(): void {
  throw new RangeError('the hook failed');
}
await using runner = createRunner({ hooks: { [name]: fail } });
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
