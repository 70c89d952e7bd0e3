import * as assert from 'uvu/assert';
import type { ErrorCode, RolecallError } from '../../src/errors.ts';
import { within } from './within.ts';

/** Waits until a promise rejects with an error of this code, and returns the error. */
export async function rejection(promise: Promise<unknown>, code: ErrorCode): Promise<RolecallError> {
  const error = await within(
    promise.then(
      () => assert.unreachable(`it succeeded, expected ${code}`),
      (reason: RolecallError) => reason,
    ),
    code,
  );
  assert.is((error as RolecallError).code, code, String((error as Error).stack));
  return error as RolecallError;
}

/** Checks that a call throws an error of this code, and returns the error. */
export function thrown(call: () => unknown, code: ErrorCode): RolecallError {
  try {
    call();
  } catch (error) {
    assert.is((error as RolecallError).code, code, String((error as Error).stack));
    return error as RolecallError;
  }
  assert.unreachable(`it succeeded, expected ${code}`);
  throw new Error('not reached');
}
