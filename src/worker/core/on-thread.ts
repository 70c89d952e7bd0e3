/** What happens on a worker's threads. */

import { type PackedValues, slicePacked } from '../../protocol/packed.ts';
import { Ranges } from '../../protocol/ranges.ts';
import { noteTaskMs } from '../../scheduler/policy/task-time.ts';
import type { Batch, RunningSlot, WorkerCore } from './core.ts';
import { inlineValues, sizesOf } from './inline-values.ts';
import type { FailureReport, TaskRun } from './outbox.ts';
import { pump } from './pump.ts';

/** A thread came up, because it was wanted or in the place of one that ended. */
export function onThreadReady(core: WorkerCore, id: number): void {
  core.slots.set(id, { kind: 'idle', id, functions: new Set() });
  pump(core);
}

/** Results of the next tasks of a batch, in order, and the time that they took together. */
export interface ThreadResults {
  readonly ms: number;
  readonly values: PackedValues;
}

/** The next tasks of a batch have results. */
export function onResults(core: WorkerCore, id: number, batchId: number, { ms, values }: ThreadResults): void {
  const slot = runningSlot(core, id, batchId);
  if (slot === undefined) return;
  const { batch } = slot;
  const count = values.ends.length;
  noteTaskMs(core.taskMs, batch.fn, ms / count);
  for (const [offset, size] of notAbandoned(slot, slot.done, count)) {
    const part = slicePacked(values, offset - slot.done, size);
    core.store.add(batch.array, batch.start + offset, part);
    const sizes = sizesOf(part);
    core.out.finished(
      tasksOf(batch, offset, size),
      (ms * size) / count,
      sizes,
      inlineValues(part, sizes, batch.inlineBytes),
    );
  }
  advance(core, slot, count);
}

/** The next task of a batch failed. */
export function onTaskError(core: WorkerCore, id: number, batchId: number, failure: FailureReport): void {
  const slot = runningSlot(core, id, batchId);
  if (slot === undefined) return;
  if (!slot.abandoned.has(slot.done)) core.out.failed(tasksOf(slot.batch, slot.done, 1), failure);
  advance(core, slot, 1);
}

/**
 * A thread ended on its own: the task that it was running takes the blame, with `failure`; results that it had not
 * handed over are computed again at no cost to their tasks. Another thread takes its place.
 */
export function onThreadDied(core: WorkerCore, id: number, failure: FailureReport): void {
  const slot = core.slots.get(id);
  if (slot?.kind === 'running') {
    giveBackUnstarted(core, slot);
    const culprit = slot.limit - 1;
    giveBack(core, slot, slot.done, culprit);
    if (culprit >= slot.done && !slot.abandoned.has(culprit)) {
      core.out.failed(tasksOf(slot.batch, culprit, 1), failure);
    }
  }
  restart(core, id);
}

/** A task that was told to stop has not stopped in time: its thread is ended, and what else it did is given back. */
export function onGraceOver(core: WorkerCore, id: number, batchId: number): void {
  const slot = runningSlot(core, id, batchId);
  if (slot === undefined) return;
  giveBackUnstarted(core, slot);
  giveBack(core, slot, slot.done, slot.limit - 1);
  restart(core, id);
}

/** A task ran longer than it may: it fails, and its thread is told to stop. */
export function onTimeout(core: WorkerCore, id: number, batchId: number, failure: FailureReport): void {
  const slot = runningSlot(core, id, batchId);
  if (slot === undefined || slot.abandoned.has(slot.done)) return;
  core.out.failed(tasksOf(slot.batch, slot.done, 1), failure);
  slot.abandoned.add(slot.done);
  core.out.abort(id, batchId, 'the task ran longer than its timeoutMs');
}

/** Keeps a thread from starting further tasks of its batch, and gives those back. */
export function closeBatch(core: WorkerCore, slot: RunningSlot): void {
  giveBackUnstarted(core, slot);
  idleIfDone(core, slot);
}

function giveBackUnstarted(core: WorkerCore, slot: RunningSlot): void {
  const started = Math.min(core.out.closeBatch(slot.id), slot.limit);
  giveBack(core, slot, started, slot.limit);
  slot.limit = started;
}

function giveBack(core: WorkerCore, slot: RunningSlot, from: number, to: number): void {
  for (const [offset, count] of notAbandoned(slot, from, to - from)) {
    core.out.returned(tasksOf(slot.batch, offset, count));
  }
}

function restart(core: WorkerCore, id: number): void {
  core.slots.set(id, { kind: 'starting', id });
  core.out.replace(id);
}

function advance(core: WorkerCore, slot: RunningSlot, count: number): void {
  slot.done += count;
  idleIfDone(core, slot);
  pump(core);
}

function idleIfDone(core: WorkerCore, { id, functions, done, limit }: RunningSlot): void {
  if (done >= limit) core.slots.set(id, { kind: 'idle', id, functions });
}

function runningSlot(core: WorkerCore, id: number, batchId: number): RunningSlot | undefined {
  const slot = core.slots.get(id);
  return slot?.kind === 'running' && slot.batch.id === batchId ? slot : undefined;
}

/** The stretches of `from … from + count` of which something is still to be said. */
function notAbandoned(slot: RunningSlot, from: number, count: number): readonly (readonly [number, number])[] {
  if (count <= 0) return [];
  if (slot.abandoned.size === 0) return [[from, count]];
  const left = Ranges.of(from, count);
  for (const offset of slot.abandoned) left.remove(offset, 1);
  return [...left.pairs()];
}

function tasksOf(batch: Batch, offset: number, count: number): TaskRun {
  return { array: batch.array, start: batch.start + offset, count, attempt: batch.attempt };
}
