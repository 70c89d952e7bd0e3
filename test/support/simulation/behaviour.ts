/** How the tasks of a simulated cluster behave. Decided when they are submitted, and the same wherever they run. */
import type { Random } from '../random.ts';

export interface Behaviour {
  readonly ms: number;
  /** How often it throws, over all attempts, before it returns. */
  readonly throws: number;
  /** It ends its thread, once. */
  crashes: boolean;
  readonly heedsAbort: boolean;
  thrown: number;
}

export type Behaviours = Map<string, Behaviour>;

export function taskKey(array: number, index: number): string {
  return `${array}/${index}`;
}

export function randomBehaviour(random: Random): Behaviour {
  return {
    ms: random.next() * random.pick([0.02, 0.02, 0.2, 2, random.below(2) === 0 ? 2 : 200]),
    throws: random.below(12) === 0 ? random.pick([1, 2, Number.POSITIVE_INFINITY]) : 0,
    crashes: random.below(40) === 0,
    heedsAbort: random.below(2) === 0,
    thrown: 0,
  };
}
