import { Ranges } from '../protocol/ranges.ts';
import type { Session } from './session.ts';
import type { ClientArray } from './task-array.ts';

interface Held {
  readonly session: Session;
  readonly array: ClientArray;
}

/** When the last future of an array can no longer be reached, nobody can ask for its values: they are released. */
const collected = new FinalizationRegistry<Held>(({ session, array }) => {
  array.handles--;
  if (array.handles === 0) session.release(array, Ranges.of(0, array.count));
});

/** Counts `handle` as a way to reach the array. */
export function holdArray(handle: object, held: Held): void {
  held.array.handles++;
  collected.register(handle, held);
}
