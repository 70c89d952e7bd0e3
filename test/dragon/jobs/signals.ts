import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
process.on('SIGTERM', () => {
  console.log('the client got it');
  process.exit(9);
});
console.log('ready');
await new Promise((resolve) => setTimeout(resolve, 100_000));
