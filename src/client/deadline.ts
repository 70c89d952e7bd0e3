import { RolecallError } from '../errors.ts';

/**
 * What `promise` resolves with, unless it takes longer than `timeoutMs` (undefined: no limit).
 *
 * @param late says, when time is up, what did not happen
 * @throws {RolecallError} `ERR_DEADLINE`
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  timeoutMs: number | undefined,
  late: () => string,
): Promise<T> {
  if (timeoutMs === undefined) return promise;
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(new RolecallError('ERR_DEADLINE', late())), timeoutMs);
  return Promise.race([promise, over.promise]).finally(() => clearTimeout(timer));
}
