import { RolecallError } from '../errors.ts';
import { INSPECT, type Inspect } from '../inspect.ts';
import { clientSide } from '../on-demand.ts';
import { resolveOptions } from '../options/options.ts';
import { isAtLeast, type LogLevel, type LogRecord, type LogSource } from '../protocol/log-record.ts';
import type { TaskOptions } from '../protocol/messages.ts';
import { packedBuffers } from '../protocol/packed-buffers.ts';
import { Ranges } from '../protocol/ranges.ts';
import type { Contact } from '../runners/rendezvous/contact.ts';
import type { Transport } from '../transport/transport.ts';
import { isHandle } from '../values/handle.ts';
import type { EncodedItems } from './arguments.ts';
import { asCompleted, type Completed, type Waiting, type WaitOptions, wait } from './completion.ts';
import { withDeadline } from './deadline.ts';
import { Future } from './future.ts';
import { type FutureArray, newFutureArray } from './future-array.ts';
import { type GatherOptions, gather } from './gather.ts';
import { PLACED_COPIES, PlacedArguments } from './placed.ts';
import { showProgress } from './progress.ts';
import type { Session } from './session.ts';
import { targetOf } from './target.ts';
import type { Unwrapped, WithOptions } from './types.ts';
import { WITH_OPTIONS } from './with-options.ts';

/** A running cluster, as runners and test clusters offer it. */
export interface ClusterLike {
  /** Workers that the cluster was started with. */
  readonly nWorkers: number;
  /** @internal */
  readonly contact: Contact;
  /** @internal */
  readonly reachedBy?: readonly Transport[];
  /** @internal */
  readonly logs?: LogSource;
  /** @internal Of a runner. */
  readonly options?: { readonly schedulerRank: number; readonly logDirectory: string | undefined };
}

/**
 * Gives work to a cluster.
 *
 *     await using client = new Client(runner)
 *     const squares = client.map((x: number) => x * x, [1, 2, 3])
 *     console.log(await squares)
 *
 * Functions travel with what they capture. Every method returns at once; what went wrong is told by the futures.
 */
export class Client implements AsyncDisposable {
  readonly #session: Session;
  readonly #options: WithOptions;
  /** Views made by `with` share the session of the client that they were made from; only that one closes it. */
  readonly #owner: boolean;
  /** What of the options goes to the scheduler; resolved once. */
  #resolvedOptions: TaskOptions | undefined;

  /**
   * @param cluster a runner; the file that a runner was given as `schedulerFile`; or an address, which needs the key of the run
   * @throws {RolecallError} `ERR_RENDEZVOUS` if the file cannot be read, `ERR_INVALID_ARGUMENT` if it is none of these.
   */
  constructor(
    cluster: ClusterLike | string | { readonly schedulerFile: string },
    options: { readonly key?: string } = {},
  ) {
    if (cluster instanceof ClientView) {
      this.#session = cluster.session;
      this.#options = cluster.options;
      this.#owner = false;
      return;
    }
    const { Session, schedulerOf } = clientSide();
    this.#session = new Session(schedulerOf(cluster, options.key));
    this.#options = {};
    this.#owner = true;
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return `Client ${inspect(this.#options, options)}`;
  }

  /**
   * This client with other options for what it submits. Options are a view, so that no argument of a task is taken for them:
   *
   *     client.with({ workers: 2, retries: 3 }).submit(fn, a)
   *
   * @throws {RolecallError} `ERR_INVALID_OPTION` for an unknown option, naming the nearest, or a value of the wrong kind.
   */
  with(options: WithOptions): Client {
    resolveOptions('client.with', WITH_OPTIONS, options);
    const view = new ClientView(this.#session, { ...this.#options, ...options });
    return new Client(view as unknown as ClusterLike);
  }

  /**
   * Runs `fn(...args)` on a worker. Futures in the arguments, however deep, are replaced by their values there. Arguments are
   * copied at the call: changing them afterwards changes nothing. Arrays of 1 MiB and more go to two workers, not through the
   * scheduler; what many calls use is better scattered once.
   *
   * @throws {RolecallError} `ERR_NOT_A_FUNCTION`, `ERR_UNSERIALISABLE_FUNCTION`, `ERR_UNSERIALISABLE_ARGUMENT`, `ERR_FOREIGN_FUTURE`,
   * `ERR_FUTURE_RELEASED`, `ERR_CLIENT_CLOSED`, `ERR_SCHEDULER_LOST`.
   */
  submit<A extends unknown[], R>(
    fn: (...args: { [K in keyof A]: Unwrapped<A[K]> }) => R,
    ...args: A
  ): Future<Awaited<R>> {
    using large = this.#largeArguments();
    const placed = args.map((value) => large.placed(value));
    const array = this.#submit(fn as (...args: never[]) => unknown, 1, null, placed);
    return new Future<Awaited<R>>(this.#session, array, 0);
  }

  /**
   * Runs `fn(item, ...constants)` for every item of one list, as one task array: a million tasks are one message. The list may be
   * a future array or hold futures. Constants are passed to every call.
   *
   * @throws {RolecallError} as `submit`.
   */
  map<T, C extends unknown[], R>(
    fn: (item: Unwrapped<T>, ...constants: { [K in keyof C]: Unwrapped<C[K]> }) => R,
    items: Iterable<T>,
    ...constants: C
  ): FutureArray<Awaited<R>>;
  map<T, C extends unknown[], R>(
    fn: (item: T, ...constants: { [K in keyof C]: Unwrapped<C[K]> }) => R,
    items: FutureArray<T>,
    ...constants: C
  ): FutureArray<Awaited<R>>;
  map(fn: (...args: never[]) => unknown, items: Iterable<unknown>, ...constants: unknown[]): FutureArray<unknown> {
    const { encodeArrayItems, encodeItems } = clientSide();
    const name = this.#nameOf(fn);
    using large = this.#largeArguments();
    const place = (value: unknown): unknown => large.placed(value);
    const encoded =
      typeof items === 'object' && items !== null && isHandle(items)
        ? encodeArrayItems(this.#session, items)
        : encodeItems(this.#session, listOf(items), name, place);
    const count = encoded.items.ends.length;
    const array =
      count === 0
        ? this.#session.newArray({ count, name, fn: null })
        : this.#submit(fn, count, encoded, constants.map(place));
    return newFutureArray(this.#session, array);
  }

  /** The values of all futures in `value`, however deep, in its shape. @throws the first error of a task; see `GatherOptions`. */
  gather<T>(value: T, options: GatherOptions = {}): Promise<Unwrapped<T>> {
    return gather(value, options);
  }

  /**
   * Copies a value to a worker once, for many tasks to use:
   *
   *     const grid = client.scatter(new Float64Array(1e8))
   *     client.map((i, g) => g[i], indices, grid)
   *
   * @param options.broadcast copies to make: a number of workers, or all (`true`)
   * @throws {RolecallError} `ERR_UNSERIALISABLE_ARGUMENT`, `ERR_CLIENT_CLOSED`. If no worker takes it, the future rejects.
   */
  scatter<T>(value: T, { broadcast = 1 }: { readonly broadcast?: boolean | number } = {}): Future<T> {
    const { ScatteredValue } = clientSide();
    const scattered = new ScatteredValue(this.#session.codec, value);
    const array = this.#session.newArray({ count: 1, name: this.#options.name ?? 'scattered', fn: null });
    this.#session.send({ type: 'scatter', array: array.sequence, count: 1, name: array.name });
    const copies = broadcast === true ? 'all' : Number(broadcast);
    this.#session.put(array, scattered, copies).catch(() => {}); // the session has ended: whoever waits for the future is told
    return new Future<T>(this.#session, array, 0);
  }

  /** Cancels the tasks of futures or future arrays that have not ended. */
  cancel(...futures: readonly (Future<unknown> | FutureArray<unknown>)[]): void {
    for (const future of futures) {
      const { array, index } = targetOf(this.#session, future);
      this.#session.cancel(array, index === null ? Ranges.of(0, array.count) : Ranges.of(index, 1));
    }
  }

  /** The futures in the order in which they end. A failed task does not end the loop: look at `status`. */
  asCompleted<T>(futures: Iterable<Future<T>>): AsyncIterableIterator<Completed<T>> {
    return asCompleted(futures);
  }

  /** Waits until all, or the first, of the futures have ended, well or not. No value is downloaded. */
  wait<T>(futures: Iterable<Future<T>>, options: WaitOptions = {}): Promise<Waiting<T>> {
    return wait(futures, options);
  }

  /** Shows a progress bar on the terminal until all have ended, well or not. */
  progress(...futures: readonly (Future<unknown> | FutureArray<unknown>)[]): Promise<void> {
    const targets = futures.map((future) => targetOf(this.#session, future));
    return showProgress(this.#session, targets);
  }

  /**
   * Waits until at least so many workers have joined.
   *
   * @throws {RolecallError} `ERR_DEADLINE` after `timeoutMs` (default 300,000), saying how many there are.
   */
  async waitForWorkers(count: number, { timeoutMs = 300_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    await this.#session.ready;
    const late = () => `Waited ${timeoutMs} ms for ${count} workers; ${this.#session.workers.size} have joined`;
    await withDeadline(this.#session.workers.untilAtLeast(count), timeoutMs, late);
  }

  /** The workers of the cluster now, by rank: name (the rank as text), host, process id, slots, GPUs that its launcher gave it. */
  get workers(): readonly {
    readonly name: string;
    readonly host: string;
    readonly pid: number;
    readonly slots: number;
    readonly gpus: number;
  }[] {
    const workers = [...this.#session.workers.all.values()].map(({ name, host, pid, slots, gpus = 0 }) => ({
      name,
      host,
      pid,
      slots,
      gpus,
    }));
    return workers.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /**
   * Calls `listener` with every record that the ranks make, from `level` on: first with the latest of those that
   * there are, then as they come. What is recorded at all, the runner's option `logLevel` says. Returns how to stop.
   */
  onLog(listener: (record: LogRecord) => void, { level = 'debug' }: { readonly level?: LogLevel } = {}): () => void {
    return this.#session.onLog((record) => {
      if (isAtLeast(record.level, level)) listener(record);
    });
  }

  /** Ends the whole cluster. Needed only where no runner does it: with `client: false`. */
  async shutdown(): Promise<void> {
    await this.#session.ready;
    this.#session.send({ type: 'end', code: 0 });
    await this.#session.waits.add(() => () => {}).catch(() => {});
  }

  /** Leaves the cluster: what this client's futures stand for is deleted. Never throws, so as not to hide an error of the block. */
  async close(): Promise<void> {
    if (this.#owner) await this.#session.close().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #submit(
    fn: (...args: never[]) => unknown,
    count: number,
    encoded: EncodedItems | null,
    constants: readonly unknown[],
  ) {
    const session = this.#session;
    const { hash, bytes: payload, name, warnings } = session.codec.encodeFunction(fn);
    const called = this.#options.name ?? name;
    const { bytes, dependencies } = clientSide().encodeArguments(session, constants, called);
    const array = session.newArray({ count, name: called, fn: hash });
    for (const warning of warnings) warnOnce(`task function \`${called}\`: ${warning}`);
    const hasFunction = session.useFunction(hash);
    const buffers = [
      bytes,
      ...(hasFunction ? [payload] : []),
      ...(encoded === null ? [] : packedBuffers(encoded.items)),
    ];
    session.send({
      type: 'submit',
      array: array.sequence,
      count,
      name: called,
      fn: hash,
      hasFunction,
      hasItems: encoded !== null,
      shared: [...dependencies],
      own: encoded?.own ?? [],
      zip: encoded?.zip ?? null,
      options: this.#taskOptions(),
      buffers,
    });
    return array;
  }

  #largeArguments(): PlacedArguments {
    return new PlacedArguments((value) => this.scatter(value, { broadcast: PLACED_COPIES }));
  }

  #taskOptions(): TaskOptions {
    this.#resolvedOptions ??= this.#resolveOptions();
    return this.#resolvedOptions;
  }

  #resolveOptions(): TaskOptions {
    const { workers, name: _, ...options } = resolveOptions('client.with', WITH_OPTIONS, this.#options);
    const names = workers === undefined ? [] : [workers].flat().map(String);
    if (names.length > 0 && !options.allowOtherWorkers) this.#warnOfUnknown(names);
    return { ...options, workers: names };
  }

  /** A task for a worker that is not there waits for it, silently; mostly the name is wrong. */
  #warnOfUnknown(names: readonly string[]): void {
    const workers = [...this.#session.workers.all.values()];
    if (workers.length === 0 || workers.some(({ name, host }) => names.includes(name) || names.includes(host))) return;
    const there = this.workers.map(({ name }) => name).join(', ');
    warnOnce(`no worker is called ${names.join(' or ')}; tasks for it wait until one joins. There are: ${there}`);
  }

  #nameOf(fn: unknown): string {
    return this.#options.name ?? ((typeof fn === 'function' && fn.name) || '(anonymous)');
  }
}

/** Carries a session from one client to a view of it. */
class ClientView {
  readonly session: Session;
  readonly options: WithOptions;

  constructor(session: Session, options: WithOptions) {
    this.session = session;
    this.options = options;
  }
}

function listOf(items: unknown): readonly unknown[] {
  if (Array.isArray(items)) return items;
  if (typeof items === 'object' && items !== null && Symbol.iterator in items) return [...(items as Iterable<unknown>)];
  const got = typeof items === 'function' ? 'a function' : String(items);
  throw new RolecallError(
    'ERR_INVALID_ARGUMENT',
    `Cannot map: the second argument must be a list to iterate over, got ${got}`,
  );
}

const warned = new Set<string>();

function warnOnce(text: string): void {
  if (warned.has(text) || warned.size > 1000) return;
  warned.add(text);
  process.stderr.write(`rolecall: warn: ${text}\n`);
}
