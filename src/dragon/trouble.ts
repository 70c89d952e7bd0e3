import { hasCode, type RolecallError } from '../errors.ts';

/** True for what means that Dragon cannot be used, as opposed to a fault of this package. */
export function isDragonTrouble(error: unknown): error is RolecallError {
  return hasCode(error, 'ERR_DRAGON') || hasCode(error, 'ERR_DRAGON_MISSING') || hasCode(error, 'ERR_DEADLINE');
}
