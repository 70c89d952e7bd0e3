/** Turns the effects of the scheduler's core into messages. */
import { type ArrayId, type ClientId, type FunctionHash, sequenceOfArray, type WorkerId } from '../protocol/ids.ts';
import type { Log } from '../protocol/log-record.ts';
import type { SchedulerToClient, SchedulerToWorker, Source } from '../protocol/messages.ts';
import { type PackedValues, slicePacked } from '../protocol/packed.ts';
import { packedBuffers } from '../protocol/packed-buffers.ts';
import type { Ranges } from '../protocol/ranges.ts';
import { UseCounts } from '../protocol/use-counts.ts';
import type { Core } from './core/core.ts';
import type { Outbox } from './core/outbox.ts';
import { ownDependencies, type TaskArray, type TaskFailure } from './core/task-array.ts';
import type { TaskRange } from './core/task-range.ts';
import type { WorkerState } from './core/worker-state.ts';
import { sourceOf } from './sources.ts';

/** Values up to this size ride back with the completion in any case: sending them costs less than asking for them. */
const ALWAYS_INLINE_BYTES = 256;
/** … and up to this size if the client waits for them. */
const WANTED_INLINE_BYTES = 64 * 1024;

export interface Peers {
  toWorker(id: WorkerId, message: SchedulerToWorker): void;
  toClient(id: ClientId, message: SchedulerToClient): void;
  toAllClients(message: SchedulerToClient): void;
  /** A client has not read what was sent long before. */
  isBehind(id: ClientId): boolean;
  readonly log: Log;
}

/** What a worker was told, so that functions and descriptions are sent once. */
class Told {
  readonly arrays = new Map<ArrayId, FunctionHash>();
  readonly functions = new UseCounts<FunctionHash>();
  /** Arrays whose description is out of date: it is sent again next time. */
  readonly stale = new Set<ArrayId>();

  add(array: ArrayId, fn: FunctionHash): void {
    if (this.arrays.has(array)) return;
    this.arrays.set(array, fn);
    this.functions.add(fn);
  }

  /** The worker counts in step: it forgets a function with the last array that uses it. */
  delete(array: ArrayId): void {
    const fn = this.arrays.get(array);
    if (fn === undefined) return;
    this.arrays.delete(array);
    this.stale.delete(array);
    this.functions.remove(fn);
  }
}

export class MessageOutbox implements Outbox {
  readonly #peers: Peers;
  readonly #functions: ReadonlyMap<FunctionHash, Uint8Array>;
  readonly #told = new Map<WorkerId, Told>();
  /** Set once by the server: the core is made with this outbox. */
  core: Core | undefined;
  droppedCount = 0;

  constructor(peers: Peers, functions: ReadonlyMap<FunctionHash, Uint8Array>) {
    this.#peers = peers;
    this.#functions = functions;
  }

  workerGone(id: WorkerId): void {
    this.#told.delete(id);
  }

  /** A worker could not fetch what its description of an array says. */
  describeAgain(worker: WorkerId, array: ArrayId): void {
    this.#told.get(worker)?.stale.add(array);
  }

  compute(worker: WorkerState, { array, start, count }: TaskRange, attempt: number): void {
    const { spec } = array;
    const core = this.core as Core;
    if (spec === null) return;
    const told = this.#told.get(worker.id) ?? new Told();
    this.#told.set(worker.id, told);
    const describe = told.stale.delete(array.id) || !told.arrays.has(array.id);
    const hasFunction = told.functions.get(spec.fn) === 0;
    told.add(array.id, spec.fn);

    const buffers: Uint8Array[] = [];
    if (spec.items !== null) buffers.push(...packedBuffers(slicePacked(spec.items, start, count)));
    if (describe) buffers.push(spec.constants);
    if (hasFunction) buffers.push(this.#functions.get(spec.fn) as Uint8Array);
    const shared = describe ? array.shared.map((dependency) => sourceOf(core.arrays, dependency)) : [];
    const { name, count: total } = array;
    this.#peers.toWorker(worker.id, {
      type: 'compute',
      array: array.id,
      start,
      count,
      attempt,
      hasItems: spec.items !== null,
      spec: describe ? { name, single: total === 1, fn: spec.fn, shared, timeoutMs: spec.options.timeoutMs } : null,
      hasFunction,
      own: array.ownMissing === null ? [] : this.#ownSources(core, array, start, count),
      inlineBytes: array.valuesWanted ? WANTED_INLINE_BYTES : ALWAYS_INLINE_BYTES,
      buffers,
    });
  }

  retract(worker: WorkerState): void {
    this.#peers.toWorker(worker.id, { type: 'retract' });
  }

  abandon(worker: WorkerId, array: ArrayId, ranges: Ranges): void {
    this.#peers.toWorker(worker, { type: 'abandon', array, ranges: ranges.toWire() });
  }

  free(worker: WorkerId, array: ArrayId, ranges: Ranges | null): void {
    if (ranges === null) this.#told.get(worker)?.delete(array);
    this.#peers.toWorker(worker, { type: 'free', array, ranges: ranges?.toWire() ?? null });
  }

  finished({ array, start, count }: TaskRange, worker: WorkerId, values: PackedValues | null): void {
    const isLate = values !== null && this.#peers.isBehind(array.client); // then it asks for what it wants
    const buffers = values === null || isLate ? [] : packedBuffers(values);
    const id = sequenceOfArray(array.id);
    this.#peers.toClient(array.client, { type: 'finished', array: id, start, count, worker, buffers });
  }

  failed({ array, start, count }: TaskRange, failure: TaskFailure): void {
    const { error, ...about } = failure;
    const id = sequenceOfArray(array.id);
    this.#peers.toClient(array.client, {
      type: 'failed',
      array: id,
      ranges: [start, count],
      ...about,
      buffers: [error],
    });
  }

  unfinished({ array, start, count }: TaskRange): void {
    this.#peers.toClient(array.client, {
      type: 'unfinished',
      array: sequenceOfArray(array.id),
      ranges: [start, count],
    });
  }

  /** Tells every client something in words. */
  notice(level: 'info' | 'warn' | 'error', text: string): void {
    this.#peers.toAllClients({ type: 'notice', level, text });
  }

  dropped(peer: string, reason: string): void {
    this.droppedCount++;
    this.#peers.log('debug', `dropped a message of ${peer}: ${reason}`);
  }

  moved(): void {}

  #ownSources(core: Core, array: TaskArray, start: number, count: number): Source[][] {
    return Array.from({ length: count }, (_, i) =>
      ownDependencies(array, start + i).map((dependency) => sourceOf(core.arrays, dependency)),
    );
  }
}
