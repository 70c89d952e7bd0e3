/** Says which runner it got. */
import { Client, createRunner, DragonRunner } from 'rolecall';

await using runner = process.argv[2] === 'new' ? new DragonRunner() : createRunner();
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
console.log(
  `${runner.constructor.name}: ${await client.submit((n: number) => n + 1, 1)}, ${runner.transports.packets}`,
);
