/** What tasks print goes to the client, told apart by task, instead of to the output of the worker process. */
import { taskStorage } from '../current-task.ts';
import { type FromThread, OUTPUT_LIMIT, type ThreadData } from './thread-messages.ts';

type Output = Extract<FromThread, { kind: 'output' }>;
type Write = NodeJS.WriteStream['write'];

/** Longest text of one message. */
const MOST_CHARACTERS = 64 * 1024;

export function captureOutput(data: ThreadData, send: (output: Output) => void): void {
  capture(process.stdout, 'out', data, send);
  capture(process.stderr, 'err', data, send);
}

function capture(
  target: NodeJS.WriteStream,
  stream: 'out' | 'err',
  data: ThreadData,
  send: (output: Output) => void,
): void {
  const decoder = new TextDecoder();
  const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const task = taskStorage.getStore();
    for (let at = 0; at < text.length; at += MOST_CHARACTERS) {
      const part = text.slice(at, at + MOST_CHARACTERS);
      waitForRoom(data.outputFlow, part.length);
      send({ kind: 'output', array: task?.array ?? 0, task: task?.name ?? '', stream, text: part });
    }
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') queueMicrotask(() => done());
    return true;
  };
  target.write = write as Write;
}

/** A thread that prints without end must not fill the memory of its worker: it waits until what it printed was passed on. */
function waitForRoom(flow: Int32Array<SharedArrayBuffer>, characters: number): void {
  for (let under = Atomics.load(flow, 0); under > OUTPUT_LIMIT; under = Atomics.load(flow, 0))
    Atomics.wait(flow, 0, under, 1000);
  Atomics.add(flow, 0, characters);
}
