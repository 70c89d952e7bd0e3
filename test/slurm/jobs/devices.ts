/** Two tasks at once, in one worker or in two, each of which says which device it sees. */
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, SlurmRunner } from 'rolecall';

await using runner = new SlurmRunner({ workerOptions: { slots: Number(process.argv[2]) } });
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
async function deviceSeen(own: string, other: string): Promise<string | undefined> {
  const { existsSync, writeFileSync } = await import('node:fs');
  writeFileSync(own, '');
  while (!existsSync(other)) await delay(5); // both run at the same time, so in two slots
  return process.env['CUDA_VISIBLE_DEVICES'];
}
const seen = [client.submit(deviceSeen, 'a', 'b'), client.submit(deviceSeen, 'b', 'a')];
const devices = (await Promise.all(seen.map((future) => future.result()))).sort();
for (const file of ['a', 'b']) rmSync(file);
const gpus = client.workers.map((worker) => worker.gpus);
console.log(JSON.stringify({ devices, gpus }));
