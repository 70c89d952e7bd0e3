import { ERROR_CODES, type ErrorCode, RolecallError } from '../errors.ts';
import type { ValueCodec } from '../values/codec.ts';
import type { Failure } from './task-array.ts';
import type { FailedTask } from './types.ts';

/** The error of a failed task: the user's own, or one of this package, with `task` on it. */
export async function errorOf(codec: ValueCodec, failure: Failure): Promise<unknown> {
  const { error, task, worker, attempt } = failure;
  if (error.byteLength > 0) await codec.prepare(error); // the module of its class
  const thrown = error.byteLength > 0 ? codec.decodeError(error) : ownError(failure);
  if (typeof thrown !== 'object' || thrown === null || !Object.isExtensible(thrown)) return thrown;
  const about: FailedTask = { name: task, worker, attempt };
  Object.defineProperty(thrown, 'task', { value: about, enumerable: true, configurable: true, writable: true });
  return thrown;
}

/** Of a failure that comes without an error: it is one of this package. */
export function ownError({ code, task, worker }: Failure): RolecallError {
  const known = code !== null && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'ERR_TASK_CRASHED';
  const where = worker === '' ? '' : `. The last: ${worker}`;
  const texts: Partial<Record<ErrorCode, string>> = {
    ERR_DATA_LOST: `The scattered value \`${task}\` is lost: every worker that held a copy is gone. Scatter it again, to several workers if that is likely`,
    ERR_WORKER_LOST: `Task \`${task}\` was given up: too many workers were lost while they had it, so it is the likely cause${where}`,
    ERR_PROTOCOL: `The scheduler did not take task \`${task}\`: it could not make sense of it. What it printed says why`,
    ERR_NO_WORKERS: `Task \`${task}\` cannot run: every worker is gone and none will come${where}`,
  };
  return new RolecallError(known, texts[known] ?? `Task \`${task}\` failed: ${ERROR_CODES[known].happened}`);
}
