/**
 * PMI-1, the protocol that MPI libraries speak with the launcher that started them: a small key-value store and a barrier, over a
 * socket that the launcher left open (`PMI_FD`; hydra, `srun --mpi=pmi2`, by its documentation Flux). It needs no library and no
 * shared folder.
 *
 * Each operation is a generator that yields while the launcher has not answered, so that the same code can wait in a constructor
 * and in an event loop. What was said over the socket counts, also behind an exec: only one process of a rank may open it.
 */
import { fstatSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { block } from '../block.ts';
import { RolecallError } from '../errors.ts';

/** An operation under way; what it returns is its result. */
export type PmiOperation<T> = Generator<void, T, void>;

type Answer = ReadonlyMap<string, string>;

/** What a value may take at least, by the protocol's own default. */
const VALUE_BYTES = 1024;
/** No answer of PMI-1 is longer; a peer that says more is no PMI server. */
const MOST_LINE_BYTES = 16_384;
/** Barriers apart, the launcher answers at once: it is not worth a turn of whoever waits. */
const QUICK_LOOKS = 10;
const QUICK_MS = 0.5;
const PAUSES_MS = { first: 1, longest: 20, growth: 1.3 } as const;

export class Pmi1 {
  readonly #fd: number;
  readonly #socket: Socket;
  #unread = '';
  #space = '';
  #valueBytes = VALUE_BYTES;

  /** @throws {RolecallError} `ERR_RENDEZVOUS` if the descriptor is no socket of a launcher. */
  constructor(fd: number) {
    this.#fd = fd;
    try {
      if (!fstatSync(fd).isSocket()) throw new Error('it is no socket');
      // Makes the descriptor non-blocking, and nothing else: it is read by hand, so that a constructor can wait with a deadline.
      const options = { fd, readable: true, writable: true, manualStart: true }; // the types do not know the last one
      this.#socket = new Socket(options).unref();
    } catch (cause) {
      throw pmiError(`descriptor ${fd} (PMI_FD) cannot be used: ${(cause as Error).message}`, cause);
    }
    this.#socket.on('error', () => {});
  }

  /** Begins. The launcher now expects a `finalize`, and may end the whole job if this process ends without. */
  *init(): PmiOperation<void> {
    yield* this.#ask('init pmi_version=1 pmi_subversion=1', 'response_to_init');
    const maxes = yield* this.#ask('get_maxes', 'maxes');
    this.#valueBytes = Number(maxes.get('vallen_max') ?? VALUE_BYTES);
    this.#space = (yield* this.#ask('get_my_kvsname', 'my_kvsname')).get('kvsname') ?? '';
  }

  /** Names this start of the job; the same on all its ranks. */
  get space(): string {
    return this.#space;
  }

  /** Stores a text of any length. Others see it behind the next barrier. */
  *put(key: string, text: string): PmiOperation<void> {
    const encoded = Buffer.from(text, 'utf8').toString('base64url');
    const bytes = this.#valueBytes - 1;
    const count = Math.ceil(encoded.length / bytes);
    yield* this.#ask(`put kvsname=${this.#space} key=${key} value=${count}`, 'put_result');
    for (let i = 0; i < count; i++) {
      const part = encoded.slice(i * bytes, (i + 1) * bytes);
      yield* this.#ask(`put kvsname=${this.#space} key=${key}-${i} value=${part}`, 'put_result');
    }
  }

  /** Waits until all ranks have come here. */
  *barrier(): PmiOperation<void> {
    yield* this.#ask('barrier_in', 'barrier_out');
  }

  /** @throws {RolecallError} `ERR_RENDEZVOUS` if nobody stored it before the barrier. */
  *get(key: string): PmiOperation<string> {
    const count = Number(yield* this.#getPart(key));
    let encoded = '';
    for (let i = 0; i < count; i++) encoded += yield* this.#getPart(`${key}-${i}`);
    return Buffer.from(encoded, 'base64url').toString('utf8');
  }

  /** Ends it: from now on this process may end as it likes, and the launcher lets the others live. */
  *finalize(): PmiOperation<void> {
    yield* this.#ask('finalize', 'finalize_ack');
    this.close();
  }

  /** Closes the descriptor. */
  close(): void {
    this.#socket.destroy();
  }

  *#getPart(key: string): PmiOperation<string> {
    const answer = yield* this.#ask(`get kvsname=${this.#space} key=${key}`, 'get_result');
    return answer.get('value') ?? '';
  }

  *#ask(command: string, expected: string): PmiOperation<Answer> {
    const [what = ''] = command.split(' ');
    this.#write(`cmd=${command}\n`);
    const line = yield* this.#readLine(what);
    const answer: Answer = new Map(line.split(' ').map((word) => splitOnce(word)));
    if (answer.get('cmd') !== expected) throw pmiError(`to ${what} it answered "${line}", expected ${expected}`);
    if ((answer.get('rc') ?? '0') !== '0') throw pmiError(`it refused ${command.slice(0, 100)}: "${line}"`);
    return answer;
  }

  #write(line: string): void {
    try {
      writeSync(this.#fd, line); // much shorter than the buffer of a socket
    } catch (cause) {
      throw pmiError(`it cannot be written to: ${(cause as Error).message}`, cause);
    }
  }

  *#readLine(what: string): PmiOperation<string> {
    for (let looks = 1; ; looks++) {
      const end = this.#unread.indexOf('\n');
      if (end >= 0) {
        const line = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end + 1);
        return line;
      }
      if (this.#unread.length > MOST_LINE_BYTES)
        throw pmiError(`to ${what} it answered more than ${MOST_LINE_BYTES} bytes`);
      const more = this.#readMore(what);
      if (more === undefined && looks < QUICK_LOOKS) block(QUICK_MS);
      else if (more === undefined) yield;
      else this.#unread += more;
    }
  }

  /** Undefined if there is nothing to read yet. */
  #readMore(what: string): string | undefined {
    const buffer = Buffer.alloc(4096);
    let bytes: number;
    try {
      bytes = readSync(this.#fd, buffer);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
      throw pmiError(`it cannot be read: ${(cause as Error).message}`, cause);
    }
    if (bytes === 0) throw pmiError(`it closed the connection instead of an answer to ${what}`);
    return buffer.toString('latin1', 0, bytes);
  }
}

/** How long to wait for an operation, and what for, for the error text. */
export interface PmiWait {
  readonly timeoutMs: number;
  readonly what: string;
}

/** Finishes an operation, blocking the thread. @throws {RolecallError} `ERR_DEADLINE`, and what the operation throws. */
export function finishSync<T>(operation: PmiOperation<T>, wait: PmiWait): T {
  for (const pause of pauses(wait)) {
    const step = operation.next();
    if (step.done) return step.value;
    block(pause);
  }
  throw tooLate(wait);
}

/** The same without blocking. */
export async function finish<T>(operation: PmiOperation<T>, wait: PmiWait): Promise<T> {
  for (const pause of pauses(wait)) {
    const step = operation.next();
    if (step.done) return step.value;
    await delay(pause);
  }
  throw tooLate(wait);
}

function* pauses({ timeoutMs }: PmiWait): IterableIterator<number> {
  const end = performance.now() + timeoutMs;
  for (let pause: number = PAUSES_MS.first; performance.now() < end; pause *= PAUSES_MS.growth) {
    yield Math.min(pause, PAUSES_MS.longest);
  }
}

function splitOnce(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

function pmiError(why: string, cause?: unknown): RolecallError {
  const way = 'Pass a "directory" that all ranks share to meet there instead';
  return new RolecallError('ERR_RENDEZVOUS', `Cannot meet through the launcher's PMI: ${why}. ${way}`, { cause });
}

function tooLate({ timeoutMs, what }: PmiWait): RolecallError {
  return new RolecallError('ERR_DEADLINE', `Waited ${timeoutMs} ms for ${what}, in vain`);
}
