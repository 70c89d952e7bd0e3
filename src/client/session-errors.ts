import { RolecallError } from '../errors.ts';
import type { ClientArray } from './task-array.ts';

export function releasedError(array: ClientArray): RolecallError {
  return new RolecallError('ERR_FUTURE_RELEASED', `Cannot use a future of \`${array.name}\`: it was released`);
}

export function unreachableError(array: ClientArray, index: number): RolecallError {
  return new RolecallError(
    'ERR_DATA_LOST',
    `Cannot get value ${index} of \`${array.name}\`: no worker that is said to hold it does`,
  );
}
