/** What the machine itself can do just now, to read the other figures by. */
import { Worker } from 'node:worker_threads';
import type { Figure } from './figure.ts';
import { median, repeat, timed } from './measure.ts';

const ECHO = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', (m) => parentPort.postMessage(m));`;

export async function benchYardsticks(): Promise<Figure[]> {
  const thread = new Worker(ECHO, { eval: true });
  const echo = (): Promise<unknown> =>
    new Promise((resolve) => {
      thread.once('message', resolve);
      thread.postMessage(0);
    });
  await repeat(200, () => timed(echo));
  const messages = await repeat(2000, () => timed(echo));
  await thread.terminate();
  const fills = await repeat(5, () => timed(async () => new Uint8Array(1e8).fill(1)));
  return [
    {
      name: 'yardstick: message to a thread and back, p50',
      value: median(messages) * 1000,
      unit: 'µs',
      note: 'a submit needs one, and two round trips over TLS',
    },
    { name: 'yardstick: fill 100 MB of fresh memory', value: 0.1 / (median(fills) / 1000), unit: 'GB/s', note: '' },
  ];
}
