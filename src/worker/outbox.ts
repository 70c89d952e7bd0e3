/** Carries out the effects of a worker's core: messages to the scheduler, batches to the executor, fetches from peers. */
import type { ArrayId, FunctionHash, WorkerId } from '../protocol/ids.ts';
import type { Log } from '../protocol/log-record.ts';
import type { Dependency, WorkerToScheduler } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { float64Buffer, packedBuffers } from '../protocol/packed-buffers.ts';
import type { Batch } from './core/core.ts';
import type { FailureReport, TaskRun, WorkerOutbox } from './core/outbox.ts';
import type { Executor } from './executors/executor.ts';

export interface OutboxWiring {
  readonly executor: Executor;
  startSlot(slot: number): void;
  send(message: WorkerToScheduler): void;
  fetch(dependency: Dependency, from: WorkerId): Promise<readonly PackedValues[]>;
  fetched(key: string, blocks: readonly PackedValues[]): void;
  fetchFailed(key: string): void;
  /** Calls `onTimeout` unless the batch is over by then. */
  startTimeout(slot: number, batch: Batch): void;
  startGrace(slot: number, batch: number): void;
  readonly log: Log;
}

export class MessageWorkerOutbox implements WorkerOutbox {
  readonly #wiring: OutboxWiring;

  constructor(wiring: OutboxWiring) {
    this.#wiring = wiring;
  }

  startSlot(slot: number): void {
    this.#wiring.startSlot(slot);
  }

  run(slot: number, batch: Batch): void {
    this.#wiring.executor.run(slot, batch);
    if (batch.timeoutMs > 0) this.#wiring.startTimeout(slot, batch);
  }

  closeBatch(slot: number): number {
    return this.#wiring.executor.closeBatch(slot);
  }

  abort(slot: number, batch: number, reason: string): void {
    this.#wiring.executor.abort(slot, reason);
    this.#wiring.startGrace(slot, batch);
  }

  replace(slot: number): void {
    this.#wiring.executor.replace(slot);
  }

  forgetFunction(slot: number, fn: FunctionHash): void {
    this.#wiring.executor.forgetFunction(slot, fn);
  }

  fetch(key: string, dependency: Dependency, from: WorkerId): void {
    this.#wiring.fetch(dependency, from).then(
      (blocks) => this.#wiring.fetched(key, blocks),
      (error: Error) => {
        // No news: the scheduler is told, and says what it costs if the holder is lost.
        this.#wiring.log('info', `cannot fetch values ${dependency.start}+${dependency.count}: ${error.message}`);
        this.#wiring.fetchFailed(key);
      },
    );
  }

  finished(
    { array, start, count, attempt }: TaskRun,
    ms: number,
    sizes: Float64Array,
    values: PackedValues | null,
  ): void {
    const buffers = [float64Buffer(sizes), ...(values === null ? [] : packedBuffers(values))];
    this.#wiring.send({ type: 'finished', array, start, count, attempt, ms, buffers });
  }

  failed({ array, start, attempt }: TaskRun, { code, retry, error }: FailureReport): void {
    this.#wiring.send({ type: 'failed', array, index: start, attempt, code, retry, buffers: [error] });
  }

  returned({ array, start, count, attempt }: TaskRun): void {
    this.#wiring.send({ type: 'returned', array, attempt, ranges: [start, count] });
  }

  retracted(): void {
    this.#wiring.send({ type: 'retracted' });
  }

  missing({ array, start, count, attempt }: TaskRun, dependency: Dependency, from: WorkerId): void {
    this.#wiring.send({ type: 'missing', array, attempt, ranges: [start, count], dependency, from });
  }

  replica(array: ArrayId, start: number, count: number): void {
    this.#wiring.send({ type: 'replica', array, start, count });
  }

  dropped(reason: string): void {
    this.#wiring.log('debug', `dropped a message of the scheduler: ${reason}`);
  }
}
