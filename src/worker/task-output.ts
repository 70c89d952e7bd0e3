/** What tasks print goes to the client, told apart by task, instead of to the output of the worker process. */
import { taskStorage } from './current-task.ts';
import type { FromSlot } from './executors/slot-messages.ts';

type Output = Extract<FromSlot, { kind: 'output' }>;
type Write = NodeJS.WriteStream['write'];

/** Longest text of one message. */
const MOST_CHARACTERS = 64 * 1024;

/** @param send may wait until there is room: who prints without end must not fill the memory of the worker */
export function captureOutput(send: (output: Output) => void): void {
  capture(process.stdout, 'out', send);
  capture(process.stderr, 'err', send);
}

function capture(target: NodeJS.WriteStream, stream: 'out' | 'err', send: (output: Output) => void): void {
  const decoder = new TextDecoder();
  const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const task = taskStorage.getStore();
    for (let at = 0; at < text.length; at += MOST_CHARACTERS) {
      const part = text.slice(at, at + MOST_CHARACTERS);
      send({ kind: 'output', array: task?.array ?? 0, task: task?.name ?? '', stream, text: part });
    }
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') queueMicrotask(() => done());
    return true;
  };
  target.write = write as Write;
}
