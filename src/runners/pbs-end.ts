/** When PBS will end a job: no variable tells, but `qstat` does, where nodes have it. */
import { execFileSync } from 'node:child_process';
import type { Environment } from './launchers.ts';

const ASK_MS = 5000;

/** In milliseconds since 1970. Asking takes some milliseconds, and the server answers everybody: to be done on one rank. */
export function endFromPbs(env: Environment): number | undefined {
  const job = env['PBS_JOBID'];
  if (job === undefined) return undefined;
  try {
    const attributes = execFileSync('qstat', ['-f', job], {
      encoding: 'utf8',
      timeout: ASK_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return parseJobEnd(attributes);
  } catch {
    return undefined;
  }
}

/** From the attributes of a job, a line each: its limit, and when it started, by the clock and in the time zone of the server. */
export function parseJobEnd(attributes: string): number | undefined {
  const [, hours, minutes, seconds] = attributes.match(/^\s*Resource_List\.walltime = (\d+):(\d\d):(\d\d)\s*$/m) ?? [];
  const [, start = ''] = attributes.match(/^\s*(?:stime|start_time) = (\S.*?)\s*$/m) ?? [];
  const startedAt = Date.parse(start);
  if (hours === undefined || Number.isNaN(startedAt)) return undefined;
  return startedAt + (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}
