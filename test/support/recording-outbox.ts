import type { Ranges } from '../../src/protocol/ranges.ts';
import type { Outbox, Step } from '../../src/scheduler/core/outbox.ts';
import type { TaskFailure } from '../../src/scheduler/core/task-array.ts';
import type { TaskRange } from '../../src/scheduler/core/task-range.ts';
import type { WorkerState } from '../../src/scheduler/core/worker-state.ts';

/** Records what the scheduler's core asked for, in words; what is not taken by the end of a test is a failure. */
export class RecordingOutbox implements Outbox {
  readonly steps: Step[] = [];
  #asked: string[] = [];
  /** True in tests of a hundred thousand tasks, which look at no effects. */
  isMuted = false;

  compute(worker: WorkerState, tasks: TaskRange, attempt: number): void {
    this.#note(() => `compute ${nameOf(tasks)} on ${worker.info.name}, attempt ${attempt}`);
  }

  retract(worker: WorkerState): void {
    this.#note(() => `retract from ${worker.info.name}`);
  }

  abandon(worker: number, array: number, ranges: Ranges): void {
    this.#note(() => `abandon ${array}:${indicesOf(ranges)} on ${workerName(worker)}`);
  }

  free(worker: number, array: number, ranges: Ranges | null): void {
    const what = (): string => (ranges === null ? `forget ${array}` : `free ${array}:${indicesOf(ranges)}`);
    this.#note(() => `${what()} on ${workerName(worker)}`);
  }

  finished(tasks: TaskRange, worker: number): void {
    this.#note(() => `finished ${nameOf(tasks)} at ${workerName(worker)}`);
  }

  failed(tasks: TaskRange, { code, task }: TaskFailure): void {
    this.#note(() => `failed ${nameOf(tasks)}: ${code} of ${task}`);
  }

  unfinished(tasks: TaskRange): void {
    this.#note(() => `unfinished ${nameOf(tasks)}`);
  }

  dropped(peer: string, reason: string): void {
    this.#note(() => `dropped of ${peer}: ${reason}`);
  }

  moved(step: Step): void {
    if (!this.isMuted) this.steps.push(step);
  }

  #note(asked: () => string): void {
    if (!this.isMuted) this.#asked.push(asked());
  }

  take(): string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }
}

/** Workers of tests are called a, b, c … in the order of their ids 1, 2, 3 … */
export function workerName(id: number): string {
  return String.fromCharCode(96 + id);
}

function nameOf({ array, start, count }: TaskRange): string {
  return `${array.id}:${Array.from({ length: count }, (_, i) => start + i)}`;
}

function indicesOf(ranges: Ranges): string {
  return [...ranges.indices()].join();
}
