/** A slot that is a process: with a working directory, a file mode mask and an address space of its own. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { signalOnParentDeath } from '../native/process.ts';
import type { Batch } from './core/core.ts';
import { encodePipeMessage, PipeMessages } from './executors/pipe-messages.ts';
import { SLOT_VARIABLE, type ToProcess } from './executors/process-data.ts';
import type { FromSlot, SlotData } from './executors/slot-messages.ts';
import { runTaskProgram } from './task-program.ts';

const TO_WORKER = 3;
const FROM_WORKER = 4;

const data = JSON.parse(process.env[SLOT_VARIABLE] as string) as SlotData;
delete process.env[SLOT_VARIABLE];
const home = process.cwd();
const mask = process.umask(0);
process.umask(mask);
/** Resolves with whether the next task of the batch may start. */
let waiting: ((may: boolean) => void) | undefined;
let answer: boolean | undefined;

signalOnParentDeath('SIGKILL'); // also while a task spins; without the addon the guard of the worker sees to it
// A launcher sends its signals to every process that it can find; this one ends with its worker.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

runTaskProgram(data, { listen, post, claim, beforeTask });

function listen(receive: (message: Exclude<ToProcess, { kind: 'go' | 'close' }>) => void): void {
  const messages = new PipeMessages<ToProcess>();
  const pipe = new Socket({ fd: FROM_WORKER, readable: true, writable: false });
  pipe.on('data', (chunk: Buffer) => {
    for (const message of messages.push(chunk)) {
      if (message.kind === 'go' || message.kind === 'close') decide(message.kind === 'go');
      else receive(message);
    }
  });
  pipe.on('close', () => process.exit()); // the worker is gone
}

function post(message: FromSlot): void {
  for (const piece of encodePipeMessage(message)) {
    for (let at = 0; at < piece.byteLength; ) at += writeSync(TO_WORKER, piece, at);
  }
}

/** The first task may start at once; each further one when the worker says so. */
function claim(batch: Batch, next: number): number | Promise<number> {
  if (next === 0 || next >= batch.count) return next;
  const decision = Promise.withResolvers<boolean>();
  waiting = decision.resolve;
  if (answer !== undefined) decide(answer);
  return decision.promise.then((may) => (may ? next : batch.count));
}

function decide(may: boolean): void {
  if (waiting === undefined) {
    answer = may;
    return;
  }
  waiting(may);
  waiting = undefined;
  answer = undefined;
}

function beforeTask(): void {
  if (process.cwd() !== home) process.chdir(home);
  process.umask(mask);
}
