import { Client, LocalRunner } from 'rolecall';

await using runner = new LocalRunner({ nWorkers: 1 });
await using client = new Client(runner);

const half = (x: number): number => {
  if (x === 3) throw new Error('odd');
  return x / 2;
};
const halves = client.map(half, [2, 3, 4, 6]);
await client.progress(halves);
console.log('all have ended');
