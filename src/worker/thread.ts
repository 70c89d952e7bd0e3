/** A slot that is a thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { Rooms } from '../store/rooms.ts';
import type { ThreadBatch, ThreadData, ToThread } from './executors/thread-data.ts';
import { runTaskProgram } from './task-program.ts';

/** Most characters of output that may be under way from one thread. */
const OUTPUT_LIMIT = 1 << 20;

const data = workerData as ThreadData;
const port = parentPort as NonNullable<typeof parentPort>;

runTaskProgram(data, {
  rooms: new Rooms(data.memories),
  listen: (receive) => port.on('message', (message: ToThread) => receive(message)),
  post: (message, transfer) => {
    if (message.kind === 'output') waitForRoom(data.outputFlow, message.text.length);
    port.postMessage(message, transfer);
  },
  claim: (batch, next) => {
    const { cursor } = batch as ThreadBatch;
    return cursor === null ? next : Atomics.add(cursor, 0, 1);
  },
});

function waitForRoom(flow: Int32Array<SharedArrayBuffer>, characters: number): void {
  for (let under = Atomics.load(flow, 0); under > OUTPUT_LIMIT; under = Atomics.load(flow, 0))
    Atomics.wait(flow, 0, under, 1000);
  Atomics.add(flow, 0, characters);
}
