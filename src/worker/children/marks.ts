/**
 * Every process that a task starts carries a mark in its environment, and whatever that process starts inherits it, also
 * when it leaves its process group, its session and its parent. A mark is a path: worker, life of a slot, task, program.
 * What has the mark of a task in it belongs to the task.
 */
import { randomBytes } from 'node:crypto';

export const MARK_VARIABLE = 'ROLECALL_TASK_MARK';

export type Mark = string;

/** A mark that is like no other. */
export function newMark(): Mark {
  return randomBytes(9).toString('hex');
}

/** The mark of a worker. A task of another cluster may have started this process: then it belongs to that task. */
export function newWorkerMark(): Mark {
  const outer = process.env[MARK_VARIABLE];
  return outer === undefined ? newMark() : markWithin(outer, newMark());
}

export function markWithin(owner: Mark, number: number | Mark): Mark {
  return `${owner}.${number}`;
}

export function belongsTo(mark: Mark, owner: Mark): boolean {
  return `.${mark}.`.includes(`.${owner}.`);
}
