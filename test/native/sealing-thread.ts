/** Fills and seals memory, again and again, as threads do whose tasks have large results. */
import { parentPort } from 'node:worker_threads';
import { closeMemory, fillSealed } from '../../src/native/memfd.ts';

const TIMES = 300;

for (let i = 0; i < TIMES; i++) {
  closeMemory(fillSealed(1 << 20, (buffer) => void new Uint8Array(buffer).fill(1)));
}
parentPort?.postMessage('sealed');
