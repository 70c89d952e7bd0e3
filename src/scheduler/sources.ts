import type { ArrayId } from '../protocol/ids.ts';
import type { Dependency, Source } from '../protocol/messages.ts';
import type { TaskArray } from './core/task-array.ts';

/** A dependency with its holders: `[start, count, worker, …]`, neighbours at one worker together. */
export function sourceOf(arrays: ReadonlyMap<ArrayId, TaskArray>, dependency: Dependency): Source {
  const array = arrays.get(dependency.array);
  const holders: number[] = [];
  if (array === undefined) return { ...dependency, holders };
  const end = dependency.start + dependency.count;
  let start = dependency.start;
  while (start < end) {
    const worker = array.workers[start] as number;
    let next = start + 1;
    while (next < end && array.workers[next] === worker) next++;
    holders.push(start, next - start, worker);
    start = next;
  }
  return { ...dependency, holders };
}
