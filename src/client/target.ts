import { RolecallError } from '../errors.ts';
import { POINTS_TO } from './future.ts';
import type { Session } from './session.ts';
import type { ClientArray } from './task-array.ts';

interface Target {
  readonly session: Session;
  readonly array: ClientArray;
  /** Null: the whole array. */
  readonly index: number | null;
}

/** Where a future or future array of this session points. @throws {RolecallError} `ERR_FOREIGN_FUTURE`, `ERR_FUTURE_RELEASED`. */
export function targetOf(session: Session, handle: object): Target {
  const target = (handle as { [POINTS_TO]?: Target })[POINTS_TO];
  if (target === undefined || target.session !== session) {
    const name = target?.array.name ?? 'a future';
    const text = `Cannot use \`${name}\`: it is a future of another client. Await it, and pass the value`;
    throw new RolecallError('ERR_FOREIGN_FUTURE', text);
  }
  const { array, index } = target;
  const released = index === null ? array.released.size > 0 : array.released.has(index);
  if (released)
    throw new RolecallError('ERR_FUTURE_RELEASED', `Cannot use a future of \`${array.name}\`: it was released`);
  return target;
}
