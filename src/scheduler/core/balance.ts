/** Taking back what sits behind something slow while others are idle. */
import type { ArrayId } from '../../protocol/ids.ts';
import type { Core } from './core.ts';
import { mayRun, restrictionOf } from './ready-queue.ts';
import type { WorkerState } from './worker-state.ts';

/**
 * A worker that was silent for this long while it has work sits on something slow: it is given nothing more to queue, and is
 * asked to give back what it has not started if another could run it.
 */
const STUCK_MS = 20;

export function isSilent(worker: WorkerState, now: number): boolean {
  return now - worker.heardAt >= STUCK_MS;
}

/** Called now and then while anything runs: asks workers that are stuck to give back their queue. */
export function balanceTasks(core: Core, now: number): void {
  const workers = [...core.workers.values()];
  const idle = workers.filter(({ outstanding, info }) => outstanding < info.slots);
  if (idle.length === 0) return;
  const couldHelp = (id: ArrayId): boolean => {
    const array = core.arrays.get(id);
    return array !== undefined && idle.some((worker) => mayRun(worker, restrictionOf(array)));
  };
  for (const worker of workers) {
    const hasQueue = worker.outstanding > worker.info.slots;
    if (!hasQueue || worker.retracting || !isSilent(worker, now)) continue;
    if (![...worker.runs.keys()].some(couldHelp)) continue;
    worker.retracting = true;
    core.out.retract(worker);
  }
}

/** Has any worker something to do? */
export function isAnythingRunning(core: Core): boolean {
  for (const worker of core.workers.values()) if (worker.outstanding > 0) return true;
  return false;
}
