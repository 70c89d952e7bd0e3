/** A scheduler core with short words for what happens to it, for tests. Every event is followed by a look at the invariants. */
import type { Dependency, TaskOptions } from '../../src/protocol/messages.ts';
import { Ranges } from '../../src/protocol/ranges.ts';
import { assignTasks } from '../../src/scheduler/core/assign.ts';
import { balanceTasks } from '../../src/scheduler/core/balance.ts';
import { type Core, newCore } from '../../src/scheduler/core/core.ts';
import { checkInvariants } from '../../src/scheduler/core/invariants.ts';
import * as client from '../../src/scheduler/core/on-client.ts';
import * as membership from '../../src/scheduler/core/on-membership.ts';
import * as values from '../../src/scheduler/core/on-values.ts';
import * as worker from '../../src/scheduler/core/on-worker.ts';
import type { NewArray, TaskArray, TaskFailure } from '../../src/scheduler/core/task-array.ts';
import { TASK_KINDS, type TaskKind } from '../../src/scheduler/core/task-state.ts';
import { RecordingOutbox, workerName } from './recording-outbox.ts';

export type Needs = Partial<Pick<NewArray, 'shared' | 'own' | 'zip'>>;

export class SchedulerStory {
  readonly out = new RecordingOutbox();
  readonly core: Core;
  now = 0;

  constructor(allowedLosses = 3) {
    this.core = newCore(this.out, { allowedLosses });
  }

  array(id: number): TaskArray {
    return this.core.arrays.get(id) as TaskArray;
  }

  kinds(id: number): TaskKind[] {
    return Array.from(this.array(id).kinds, (kind) => TASK_KINDS[kind] as TaskKind);
  }

  /** Array `id` of client 1, called `t<id>`. */
  submit(id: number, count: number, needs: Needs = {}, options: Partial<TaskOptions> = {}): void {
    const all = { retries: 0, priority: 0, workers: [], allowOtherWorkers: false, timeoutMs: 0, ...options };
    const spec = { fn: 'f', constants: new Uint8Array(), items: null, options: all };
    this.#event(() => client.onSubmitted(this.core, { id, client: 1, count, name: `t${id}`, spec, ...needs }));
  }

  announce(id: number, count = 1): void {
    this.#event(() => client.onScatterAnnounced(this.core, { id, client: 1, count, name: `t${id}` }));
  }

  scattered(id: number, index: number, on: number): void {
    this.#event(() => client.onScattered(this.core, { array: id, index, worker: on, bytes: 8 }));
  }

  release(id: number, ...range: [start: number, count: number] | []): void {
    this.#event(() => client.onReleased(this.core, id, this.#ranges(id, range)));
  }

  cancel(id: number, ...range: [start: number, count: number] | []): void {
    const given = { array: id, ranges: this.#ranges(id, range), failure: failureOf('ERR_CANCELLED')(`t${id}`) };
    this.#event(() => client.onGivenUp(this.core, { ...given, cause: 'cancelled' }));
  }

  retry(id: number, ...range: [start: number, count: number] | []): void {
    this.#event(() => client.onRetried(this.core, id, this.#ranges(id, range)));
  }

  clientGone(id = 1): void {
    this.#event(() => client.onClientGone(this.core, id));
  }

  join(id: number, slots = 1, host = 'host'): void {
    const info = { id, name: workerName(id), host, pid: id, slots, addresses: [], space: null };
    this.#event(() => membership.onWorkerJoined(this.core, info, this.now));
  }

  /** Returns what was lost with it. */
  lose(id: number): membership.WorkerCost {
    let cost: membership.WorkerCost | undefined;
    this.#event(() => {
      cost = membership.onWorkerLost(this.core, id, failureOf('ERR_WORKER_LOST'));
    });
    return cost as membership.WorkerCost;
  }

  leaving(id: number): void {
    this.#event(() => membership.onWorkerLeaving(this.core, id));
  }

  exhausted(): void {
    this.#event(() => membership.onWorkersExhausted(this.core, failureOf('ERR_NO_WORKERS')));
  }

  assign(): void {
    this.#event(() => assignTasks(this.core, this.now));
  }

  balance(): void {
    this.#event(() => balanceTasks(this.core, this.now));
  }

  /** Tasks `start … start + count` are done, each in `ms`. */
  finish(
    on: number,
    id: number,
    [start, count]: readonly [number, number] = [0, 1],
    { attempt = 0, ms = 1 } = {},
  ): void {
    const message = {
      array: id,
      start,
      count,
      attempt,
      ms: ms * count,
      sizes: new Float64Array(count).fill(8),
      values: null,
    };
    this.#event(() => worker.onTasksFinished(this.core, on, message, this.now));
  }

  fail(on: number, id: number, index = 0, { attempt = 0, retry = true } = {}): void {
    const message = { array: id, index, attempt, code: 'THROWN', retry, error: new Uint8Array() };
    this.#event(() => worker.onTaskFailed(this.core, on, message, this.now));
  }

  giveBack(on: number, id: number, [start, count]: readonly [number, number] = [0, 1], attempt = 0): void {
    this.#event(() => worker.onTasksReturned(this.core, on, { array: id, attempt, ranges: Ranges.of(start, count) }));
  }

  retracted(on: number): void {
    this.#event(() => worker.onRetracted(this.core, on));
  }

  missing(on: number, value: Dependency, from: number): void {
    this.#event(() => values.onValueMissing(this.core, on, value, from));
  }

  copied(on: number, id: number, [start, count]: readonly [number, number] = [0, 1]): void {
    this.#event(() => values.onCopiesMade(this.core, on, { array: id, start, count }));
  }

  /** Hands out the tasks of an array to a worker, one after the other, and finishes them, without a word of it. */
  run(on: number, id: number, count = 1): void {
    for (let i = 0; i < count; i++) {
      this.assign();
      this.finish(on, id, [i, 1], { attempt: this.array(id).attempts[i] as number });
    }
    this.out.take();
  }

  #ranges(id: number, [start = 0, count]: [start: number, count: number] | []): Ranges {
    return Ranges.of(start, count ?? this.core.arrays.get(id)?.count ?? 1);
  }

  #event(happen: () => void): void {
    happen();
    if (this.isChecked) checkInvariants(this.core);
  }

  /** False in stories of a hundred thousand tasks, which look at the invariants themselves. */
  isChecked = true;
}

/** A dependency on one value. */
export function one(array: number, index = 0): Dependency {
  return { array, start: index, count: 1, whole: false };
}

/** A dependency on all values of an array as a list. */
export function all(array: number, count: number): Dependency {
  return { array, start: 0, count, whole: true };
}

export function failureOf(code: string): (task: string) => TaskFailure {
  return (task) => ({ code, error: new Uint8Array(), task, worker: '', attempt: 0 });
}
