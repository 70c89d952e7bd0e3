/** What one client hears of ranks and tasks that are lost: the words for it, and what the story of the run keeps of it. */
import { RolecallError } from '../errors.ts';
import { nowText } from '../logs/when.ts';
import type { SchedulerToClient, WorkerInfo } from '../protocol/messages.ts';
import type { ValueCodec } from '../values/codec.ts';
import type { RunStory, Unfinished } from './run-story.ts';
import { rankText } from './summary.ts';
import type { ClientArray, Failure } from './task-array.ts';
import { FAILED } from './task-states.ts';

/** Who the scheduler is. */
export interface SchedulerName {
  /** For messages: "on node1, pid 4711". */
  readonly who: string;
  /** If it is one of the ranks of this process's own start. */
  readonly rank: number | undefined;
  /** Where it is kept what goes wrong. */
  readonly story: RunStory;
}

type Left = Extract<SchedulerToClient, { type: 'workers' }>['left'];

export class Losses implements Unfinished {
  /** What the scheduler said of its end before it went. */
  endingText: string | undefined;
  readonly #scheduler: SchedulerName;
  readonly #codec: ValueCodec;
  readonly #arrays: ReadonlyMap<number, ClientArray>;

  constructor(scheduler: SchedulerName, codec: ValueCodec, arrays: ReadonlyMap<number, ClientArray>) {
    this.#scheduler = scheduler;
    this.#codec = codec;
    this.#arrays = arrays;
    scheduler.story.join(this);
  }

  /** @param workers as they were before */
  workersLeft(left: Left, workers: ReadonlyMap<number, WorkerInfo>): void {
    for (const { id, reason: why } of left) {
      const { name, host, pid } = workers.get(id) ?? {};
      if (name === undefined) continue;
      this.#scheduler.story.rankLost({
        who: rankText('worker', name, `on ${host}, pid ${pid}`),
        why,
        time: Date.now(),
      });
    }
  }

  tasksFailed({ name }: ClientArray, count: number, failure: Failure): void {
    if (failure.code !== 'ERR_CANCELLED')
      this.#scheduler.story.tasksFailed(name, count, { failure, codec: this.#codec });
  }

  /** Before they are moved. */
  tasksRetried({ name, statuses }: ClientArray, indices: Iterable<number>): void {
    for (const index of indices) if (statuses[index] === FAILED) this.#scheduler.story.tasksRetried(name, 1);
  }

  /** The connection to the scheduler is closed, which was not wished. */
  schedulerGone(reason: RolecallError | undefined): RolecallError {
    if (reason?.code === 'ERR_PROTOCOL' || reason?.code === 'ERR_FRAME')
      return this.#schedulerLost(reason, reason.message);
    const broke = 'its connection broke without a goodbye, so it was probably killed';
    const silent = reason?.code === 'ERR_DEADLINE' ? reason.message : undefined;
    const why = this.endingText ?? silent ?? (reason === undefined ? 'it said goodbye' : broke);
    const text = `The scheduler (${this.#scheduler.who}) is gone, and with it all tasks: ${why}. It was noticed ${nowText()}`;
    return this.#schedulerLost(new RolecallError('ERR_SCHEDULER_LOST', text, reason && { cause: reason }), why);
  }

  /** There never was a connection. */
  schedulerUnreachable(cause: RolecallError): RolecallError {
    if (cause.code !== 'ERR_CONNECT') return this.#schedulerLost(cause, cause.message);
    const text = `Cannot reach the scheduler (${this.#scheduler.who}): ${cause.message}`;
    return this.#schedulerLost(new RolecallError(cause.code, text, { cause }), cause.message);
  }

  #schedulerLost(error: RolecallError, why: string): RolecallError {
    const { who, rank, story } = this.#scheduler;
    story.rankLost({ who: rankText('scheduler', rank, who), why, time: Date.now() });
    return error;
  }

  unfinished(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const array of this.#arrays.values()) {
      const count = array.pending();
      if (count > 0) counts.set(array.name, (counts.get(array.name) ?? 0) + count);
    }
    return counts;
  }

  /** The client is closed. */
  close(): void {
    this.#scheduler.story.leave(this);
  }
}
