import { Ranges } from '../../protocol/ranges.ts';
import type { Unit } from './core.ts';

/** What is left of a unit without some tasks: nothing, or one unit for each stretch that stays. */
export function withoutTasks(unit: Unit, ranges: Ranges): readonly Unit[] {
  const left = Ranges.of(unit.start, unit.count);
  for (const [start, count] of ranges.pairs()) left.remove(start, count);
  return [...left.pairs()].map(([start, count]) => ({ ...unit, start, count, waitingFor: new Set(unit.waitingFor) }));
}
