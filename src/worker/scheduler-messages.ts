/** Messages of the scheduler as events of the worker's core. */
import type { SchedulerToWorker } from '../protocol/messages.ts';
import { packedFromBuffers } from '../protocol/packed-buffers.ts';
import { Ranges } from '../protocol/ranges.ts';
import type { WorkerCore } from './core/core.ts';
import { type Assignment, onAbandon, onCompute, onFree, onRetract } from './core/on-scheduler.ts';

type Told = Exclude<SchedulerToWorker, { type: 'welcome' | 'workers' | 'stop' }>;

export function applySchedulerMessage(core: WorkerCore, message: Told): void {
  switch (message.type) {
    case 'compute':
      return onCompute(core, assignmentOf(message));
    case 'retract':
      return onRetract(core);
    case 'abandon':
      return onAbandon(core, message.array, Ranges.fromWire(message.ranges));
    case 'free':
      return onFree(core, message.array, message.ranges === null ? null : Ranges.fromWire(message.ranges));
  }
}

function assignmentOf(message: Extract<SchedulerToWorker, { type: 'compute' }>): Assignment {
  const { buffers, hasItems, hasFunction, spec, count } = message;
  let at = 0;
  const items = hasItems ? packedFromBuffers(buffers[at++], buffers[at++], count) : null;
  const constants = spec === null ? null : (buffers[at++] ?? null);
  const payload = hasFunction ? (buffers[at++] ?? null) : null;
  return { ...message, items, constants, payload };
}
