import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type EncodeOptions, ValueCodec } from '../../../src/values/codec.ts';
import type { Job, Outcome } from './realm-thread.ts';

export const ARGUMENT: EncodeOptions = { what: 'argument 1 of task `step`', code: 'ERR_UNSERIALISABLE_ARGUMENT' };

/** A worker thread that decodes functions, runs them and sends back what came out: the real way, in small. */
export class SecondRealm implements AsyncDisposable {
  readonly codec = new ValueCodec();
  readonly #thread = new Worker(new URL('./realm-thread.ts', import.meta.url), { execArgv: ['--no-warnings'] });

  /** Runs a function there, and returns its result or throws its error. */
  async run(fn: unknown, ...args: readonly unknown[]): Promise<unknown> {
    const { bytes } = this.codec.encodeFunction(fn);
    const outcome = await this.ask({ fn: bytes, args: this.codec.encode(args, ARGUMENT) });
    if (outcome.error !== undefined) throw this.codec.decodeError(outcome.error);
    await this.codec.prepare(outcome.result!);
    return this.codec.decode(outcome.result!);
  }

  /** Sends bytes as they are, for tests of what the bytes say. */
  async ask(job: Job): Promise<Outcome> {
    this.#thread.postMessage(job);
    const [outcome] = (await once(this.#thread, 'message')) as [Outcome];
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }
}
