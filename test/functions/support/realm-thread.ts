import { parentPort } from 'node:worker_threads';
import { ValueCodec } from '../../../src/values/codec.ts';

export interface Job {
  readonly fn: Uint8Array;
  readonly args: Uint8Array;
}

export interface Outcome {
  readonly result?: Uint8Array;
  readonly error?: Uint8Array;
}

const codec = new ValueCodec();
const port = parentPort!;

async function run({ fn, args }: Job): Promise<Outcome> {
  try {
    await codec.prepare(fn);
    await codec.prepare(args);
    const decoded = codec.decode(fn) as (...args: unknown[]) => unknown;
    const result = await decoded(...(codec.decode(args) as unknown[]));
    return { result: codec.encode(result, { what: 'the result', code: 'ERR_UNSERIALISABLE_RESULT' }) };
  } catch (error) {
    return { error: codec.encodeError(error) };
  }
}

port.on('message', async (job: Job) => {
  port.postMessage(await run(job));
});
