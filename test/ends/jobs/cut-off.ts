/** Has one of two workers, which are on another node than scheduler and client, take the network of its node down; prints what follows. */
import { Client, createRunner, exec, hasCode } from 'rolecall';

const place = { interface: 'eth0' };
await using runner = createRunner({
  clientRank: 2,
  schedulerOptions: { ...place, workerTimeoutMs: 2000, schedulerTimeoutMs: 2000 },
  workerOptions: place,
});
await using client = new Client(runner);
await client.waitForWorkers(2);

const submittedAt = performance.now();
const cut = client.with({ workers: 3, retries: 0 }).submit(async () => {
  await exec('ip', ['link', 'set', 'eth0', 'down']);
  await new Promise(() => {});
});
const waiting = client.with({ workers: 1 }).submit(() => new Promise<void>(() => {}));
for (const future of [cut, waiting]) {
  const error = await future.then(
    () => 'none',
    (reason: unknown) => reason,
  );
  if (!hasCode(error, 'ERR_NO_WORKERS')) console.log('not expected', error);
}
console.log(`lost after ${Math.round(performance.now() - submittedAt)} ms`);
