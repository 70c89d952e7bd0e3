import { AsyncLocalStorage } from 'node:async_hooks';
import { RolecallError } from '../errors.ts';
import type { Mark } from './children/marks.ts';

/** What a running task can know about itself. */
export interface CurrentTask {
  /** What the task is called in messages: the function's name, and its index in the array. */
  readonly name: string;
  /** Identifies the task in the cluster. */
  readonly key: string;
  /** 0 at first; higher each time that the task is handed out again. */
  readonly attempt: number;
  /** Name of the worker: its rank. */
  readonly worker: string;
  /** Host name of the worker. */
  readonly host: string;
  /** Fires when the task is cancelled or runs longer than its `timeoutMs`. A task that goes on is ended with its thread. */
  readonly signal: AbortSignal;
}

/** A task as its thread keeps it: the signal is made when it is asked for. */
export class TaskContext implements CurrentTask {
  readonly array: number;
  readonly name: string;
  readonly key: string;
  readonly attempt: number;
  readonly worker: string;
  readonly host: string;
  #controller: AbortController | undefined;
  /** Set while the task is awaited: fails it with an error that it threw outside its promise. */
  fail: ((error: unknown) => void) | undefined;
  ended = false;
  /** Set when it has started a process: the mark of all that it starts. */
  mark: Mark | undefined;

  constructor(about: Omit<CurrentTask, 'signal'> & { readonly array: number }) {
    this.array = about.array;
    this.name = about.name;
    this.key = about.key;
    this.attempt = about.attempt;
    this.worker = about.worker;
    this.host = about.host;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(reason: string): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(new RolecallError('ERR_CANCELLED', reason));
  }
}

// Task code may import this package in another copy than the one that runs it: both must find the same storage.
const SHARED = Symbol.for('rolecall.current-task');
const shared = globalThis as { [SHARED]?: AsyncLocalStorage<TaskContext> };
shared[SHARED] ??= new AsyncLocalStorage<TaskContext>();

export const taskStorage: AsyncLocalStorage<TaskContext> = shared[SHARED];

/**
 * The task that the calling code belongs to, also after an `await` or in a timer that the task started.
 *
 * @throws {RolecallError} `ERR_NOT_IN_TASK` outside a task.
 */
export function currentTask(): CurrentTask {
  const task = taskStorage.getStore();
  if (task === undefined) {
    throw new RolecallError('ERR_NOT_IN_TASK', 'Cannot give the current task: currentTask() was called outside a task');
  }
  return task;
}
