/** Messages of workers as events of the core. */
import type { WorkerId } from '../protocol/ids.ts';
import type { WorkerToScheduler } from '../protocol/messages.ts';
import { float64FromBuffer, packedFromBuffers } from '../protocol/packed-buffers.ts';
import { Ranges } from '../protocol/ranges.ts';
import type { Core } from './core/core.ts';
import { onCopiesMade, onValueMissing } from './core/on-values.ts';
import { onRetracted, onTaskFailed, onTasksFinished, onTasksReturned } from './core/on-worker.ts';

type Told = Exclude<WorkerToScheduler, { type: 'beat' | 'output' | 'log' }>;

export function applyWorkerMessage(core: Core, worker: WorkerId, message: Told, now: number): void {
  switch (message.type) {
    case 'finished': {
      const { array, start, count, attempt, ms, buffers } = message;
      const sizes = float64FromBuffer(buffers[0], count);
      const values = buffers.length > 1 ? packedFromBuffers(buffers[1], buffers[2], count) : null;
      return onTasksFinished(core, worker, { array, start, count, attempt, ms, sizes, values }, now);
    }
    case 'failed': {
      const { array, index, attempt, code, retry, buffers } = message;
      const error = buffers[0] ?? new Uint8Array();
      return onTaskFailed(core, worker, { array, index, attempt, code, retry, error }, now);
    }
    case 'returned':
      return onTasksReturned(core, worker, { ...message, ranges: Ranges.fromWire(message.ranges) });
    case 'retracted':
      return onRetracted(core, worker);
    case 'missing':
      onValueMissing(core, worker, message.dependency, message.from);
      return onTasksReturned(core, worker, { ...message, ranges: Ranges.fromWire(message.ranges) });
    case 'replica':
      return onCopiesMade(core, worker, message);
  }
}
