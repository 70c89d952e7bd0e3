import type { FunctionHash } from '../../protocol/ids.ts';

/** How many functions to remember times of; the oldest are forgotten first. */
const REMEMBERED = 10_000;
/** Weight of what was seen last. High, because functions are often slower at first. */
const NEW_WEIGHT = 0.5;

/** Remembers what a task with this function took, as a moving average. */
export function noteTaskMs(taskMs: Map<FunctionHash, number>, fn: FunctionHash, ms: number): void {
  const known = taskMs.get(fn);
  if (known === undefined && taskMs.size >= REMEMBERED) taskMs.delete(taskMs.keys().next().value as FunctionHash);
  taskMs.set(fn, known === undefined ? ms : known + NEW_WEIGHT * (ms - known));
}
