/** What is said of a peer that is gone. */
import type { RolecallError } from '../errors.ts';
import type { WorkerInfo } from '../protocol/messages.ts';
import { silenceText } from '../transport/silence.ts';
import type { NamedTasks } from './core/named-tasks.ts';
import type { WorkerCost } from './core/on-membership.ts';

/** Why a peer is gone, in words for the user. */
export function describeLoss(reason: RolecallError | undefined): string {
  if (reason === undefined) return 'it left';
  if (reason.code !== 'ERR_CONNECTION_LOST') return reason.message;
  return 'its connection broke without a goodbye, so it was probably killed';
}

export function whichWorker({ name, host, pid }: WorkerInfo): string {
  return `worker ${name} on ${host} (pid ${pid})`;
}

/** What was lost with a worker, and what becomes of it. `unsettled` are all tasks that nobody is left to run, if so. */
export function costOf({ restarted, failed, recomputed, gone }: WorkerCost, unsettled: NamedTasks | undefined): string {
  const lost = part(gone, 'scattered value', 'that only it had: lost for good');
  if (unsettled !== undefined) return part(unsettled, 'task', 'that had not ended: fail, for no worker is left') + lost;
  return [
    part(restarted, 'task', 'that it had: run again'),
    part(failed, 'task', 'that it had: fail, for too many workers were lost with it'),
    part(recomputed, 'value', 'that only it had: computed again'),
    lost,
  ].join('');
}

/** What was lost with a client. */
export function clientCost(unsettled: NamedTasks): string {
  return part(unsettled, 'task', 'that had not ended: lost');
}

function part({ count, names }: NamedTasks, what: string, fate: string): string {
  if (count === 0) return '';
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return `; ${count === 1 ? `one ${what}` : `${count} ${what}s`} ${fate} (${names.join(', ')}${more})`;
}

export function clientSilent(who: string, silenceMs: number): string {
  const why = 'its script computes without a pause, or the process is stopped';
  return `${who} ${silenceText(silenceMs)}: ${why}. The cluster waits for it`;
}
