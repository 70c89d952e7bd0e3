/** A job whose workers keep something that says when it is disposed. */
import { Client, createRunner, perWorker } from 'rolecall';

await using runner = createRunner({ nWorkers: 1, workerOptions: { slots: 2 } });
await using client = new Client(runner);
await client.waitForWorkers(1);

const makeDisposable = (name: string) => async () => {
  const { appendFileSync } = await import('node:fs');
  return {
    name,
    [Symbol.dispose]: () => appendFileSync(`${process.env['TMPDIR']}/../cwd/gate`, `${name}\n`),
    [Symbol.asyncDispose]:
      name === 'second'
        ? async () => {
            await new Promise((done) => setTimeout(done, 50));
            appendFileSync(`${process.env['TMPDIR']}/../cwd/gate`, 'second, after a wait\n');
          }
        : undefined,
  };
};
const first = perWorker(makeDisposable('first'));
const second = perWorker(makeDisposable('second'));
console.log(
  await client.submit(async () => [(await first.get()).name, (await second.get()).name]),
  await client.submit(() => [process.env['OMP_NUM_THREADS'], process.env['MKL_NUM_THREADS']]),
);
