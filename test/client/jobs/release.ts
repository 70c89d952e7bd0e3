/** Run with --expose-gc: what can no longer be reached is deleted on the workers; what is still in use is not. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'rolecall';
import { InprocCluster } from 'rolecall/testing';

await using cluster = await InprocCluster.start({ nWorkers: 2 });
await using client = new Client(cluster);
await client.waitForWorkers(2);

const big = (n: number): Uint8Array => new Uint8Array(n);

async function makeAndForget(): Promise<void> {
  await client.wait([client.submit(big, 1_000_000)]);
  await client.wait(client.map(big, [1_000_000, 1_000_000, 1_000_000]));
  await client.wait([client.scatter(new Uint8Array(1_000_000))]);
}

/** Collects garbage until the condition holds; says what there was if it never does. */
async function collectUntil(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    globalThis.gc?.();
    if (condition()) return console.log(`ok ${what}`);
    await delay(10);
  }
  console.log(`FAILED ${what}: ${cluster.storedBytes} bytes are stored`);
}

await makeAndForget();
await collectUntil('unreachable futures are released', () => cluster.storedBytes === 0);

const kept = client.submit(big, 500_000);
await client.wait([kept]);
let list: { at(index: number): unknown } | undefined = client.map(big, [500_000, 500_000]);
const element = list.at(1);
await client.wait(client.map(big, [10]));
list = undefined;
for (let i = 0; i < 20; i++) {
  globalThis.gc?.();
  await delay(5);
}
await collectUntil(
  'futures that can be reached are kept, one of an array keeps the array',
  () => cluster.storedBytes >= 1_500_000,
);
console.log(((await kept) as Uint8Array).length, ((await (element as PromiseLike<Uint8Array>)) as Uint8Array).length);

const waiting = client
  .submit(() => new Promise<Uint8Array>((resolve) => setTimeout(() => resolve(new Uint8Array(7)), 300)))
  .then((value) => value.length);
for (let i = 0; i < 20; i++) {
  globalThis.gc?.();
  await delay(5);
}
console.log('waited for', await waiting);

const chain = ((): PromiseLike<number> => {
  const first = client.submit(big, 100_000);
  return client.submit((bytes: Uint8Array) => bytes.length, first).then((length) => length);
})();
console.log('made from an unreachable future:', await chain);
