/**
 * Arrays that have ready tasks, the one to run next first: higher priority, then older. One queue for each set of
 * workers that tasks are restricted to, so that tasks for a busy worker do not hide those that anybody could run.
 */
import type { TaskArray } from './task-array.ts';
import type { WorkerState } from './worker-state.ts';

/** Sorted by `runsBefore`. Most arrays are added at the end and taken from the front: `#head` makes the latter cheap. */
class ReadyQueue {
  #arrays: TaskArray[] = [];
  #head = 0;
  readonly #queued = new Set<TaskArray>();

  add(array: TaskArray): void {
    if (this.#queued.has(array)) return;
    this.#queued.add(array);
    let low = this.#head;
    let high = this.#arrays.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (runsBefore(this.#arrays[middle] as TaskArray, array)) low = middle + 1;
      else high = middle;
    }
    if (low === this.#arrays.length) this.#arrays.push(array);
    else this.#arrays.splice(low, 0, array);
  }

  has(array: TaskArray): boolean {
    return this.#queued.has(array);
  }

  /** The first array that still has ready tasks; those that have none any more are dropped on the way. */
  first(): TaskArray | undefined {
    for (;;) {
      const array = this.#arrays[this.#head];
      if (array === undefined) {
        this.#arrays.length = 0;
        this.#head = 0;
        return undefined;
      }
      if (array.ready.size > 0) return array;
      this.#queued.delete(array);
      this.#head++;
      if (this.#head > 1000 && this.#head * 2 > this.#arrays.length) {
        this.#arrays = this.#arrays.slice(this.#head);
        this.#head = 0;
      }
    }
  }
}

interface RestrictedQueue {
  readonly restriction: readonly string[];
  readonly queue: ReadyQueue;
}

export class ReadyQueues {
  readonly #queues = new Map<string, RestrictedQueue>();

  add(array: TaskArray): void {
    const restriction = restrictionOf(array);
    const key = restriction.join('\n');
    let entry = this.#queues.get(key);
    if (entry === undefined) {
      entry = { restriction, queue: new ReadyQueue() };
      this.#queues.set(key, entry);
    }
    entry.queue.add(array);
  }

  /** What `worker` should run next, of all that it may run. */
  firstFor(worker: WorkerState): TaskArray | undefined {
    let best: TaskArray | undefined;
    for (const [key, { restriction, queue }] of this.#queues) {
      if (!mayRun(worker, restriction)) continue;
      const array = queue.first();
      if (array === undefined) {
        if (restriction.length > 0) this.#queues.delete(key);
      } else if (best === undefined || runsBefore(array, best)) best = array;
    }
    return best;
  }

  has(array: TaskArray): boolean {
    return this.#queues.get(restrictionOf(array).join('\n'))?.queue.has(array) ?? false;
  }

  isEmpty(): boolean {
    for (const { queue } of this.#queues.values()) if (queue.first() !== undefined) return false;
    return true;
  }
}

/** Names or hosts of the workers that alone may run tasks of this array; empty: any worker. */
export function restrictionOf(array: TaskArray): readonly string[] {
  const options = array.spec?.options;
  return options === undefined || options.allowOtherWorkers ? [] : options.workers;
}

export function mayRun(worker: WorkerState, restriction: readonly string[]): boolean {
  return restriction.length === 0 || restriction.includes(worker.info.name) || restriction.includes(worker.info.host);
}

function runsBefore(a: TaskArray, b: TaskArray): boolean {
  const difference = (a.spec?.options.priority ?? 0) - (b.spec?.options.priority ?? 0);
  return difference === 0 ? a.id < b.id : difference > 0;
}
