/** What is said of a peer that is gone. */
import type { RolecallError } from '../errors.ts';
import type { WorkerInfo } from '../protocol/messages.ts';
import { silenceText } from '../transport/silence.ts';

/** Why a peer is gone, in words for the user. */
export function describeLoss(reason: RolecallError | undefined): string {
  if (reason === undefined) return 'it left';
  if (reason.code !== 'ERR_CONNECTION_LOST') return reason.message;
  return 'its connection broke without a goodbye, so it was probably killed';
}

export function whichWorker({ name, host, pid }: WorkerInfo): string {
  return `worker ${name} on ${host} (pid ${pid})`;
}

/** What becomes of the tasks that a lost worker had. */
export function costOf(tasks: number, workersLeft: number): string {
  if (tasks === 0) return '';
  const then = workersLeft === 0 ? 'fail, for no worker is left' : 'run again';
  return `; ${tasks === 1 ? 'one task' : `${tasks} tasks`} that it had: ${then}`;
}

export function clientSilent(who: string, silenceMs: number): string {
  const why = 'its script computes without a pause, or the process is stopped';
  return `${who} ${silenceText(silenceMs)}: ${why}. The cluster waits for it`;
}
