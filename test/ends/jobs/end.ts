/** A job that computes something and then ends as its argument says. */
import { Client, createRunner } from 'rolecall';

const [how] = process.argv.slice(2);

await using runner = createRunner({ nWorkers: 2 });
if (how === 'exit at once') process.exit(7);
await using client = new Client(runner);
if (how === 'exit unasked') process.exit(7);
console.log(`at ${runner.schedulerAddress}`);
if (how !== 'return unasked') {
  await client.waitForWorkers(how === 'few workers' ? 1 : runner.nWorkers);
  const squares = await client.map((x: number) => x * x, [1, 2, 3]);
  console.log(`squares ${squares}`);
}
if (how === 'throw') throw new RangeError('thrown in the block');
if (how === 'exit') process.exit(7);
if (how === 'reject') {
  void Promise.reject(new RangeError('never caught'));
  await client.submit(() => new Promise(() => {})); // the rejection ends the process meanwhile
}
