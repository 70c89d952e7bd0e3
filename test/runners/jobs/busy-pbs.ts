/** A job whose task never ends by itself. */
import { Client, createRunner } from 'rolecall';

await using runner = createRunner();
await using client = new Client(runner);
await client.submit(async () => {
  console.log('started');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});
