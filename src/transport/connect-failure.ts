import { RolecallError } from '../errors.ts';
import { isHandshakeFailure } from './security.ts';

/** Why no connection came about: nobody there, or somebody who does not have the key. */
export function connectFailure(address: string, cause: Error): RolecallError {
  if (isHandshakeFailure(cause)) {
    const text = `Cannot connect to ${address}: whoever listens there does not have the key of this run`;
    return new RolecallError('ERR_SECURITY', text, { cause });
  }
  return new RolecallError('ERR_CONNECT', `Cannot connect to ${address}: ${cause.message}`, { cause });
}
