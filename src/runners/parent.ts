/** Processes that `rolecall run` started end with it. Those of other launchers are theirs to end, and they know how. */
import { signalOnParentDeath } from '../native/process.ts';

/** Holds the process id of `rolecall run`. */
export const PARENT_VARIABLE = 'ROLECALL_PARENT';

/** True if `rolecall run` started this process, and not another program in between. */
export function isOwnRank(env: NodeJS.ProcessEnv): boolean {
  return env[PARENT_VARIABLE] === String(process.ppid);
}

/**
 * The signal by which a role learns that its parent is gone. SIGTERM could as well come from somebody else; and which of the two it was
 * cannot be found out, because it comes when the first thread of the parent ends, and the others may live a moment longer.
 */
export const PARENT_GONE_SIGNAL = 'SIGPWR';

/** Has the client's rank of `rolecall run` end with that, as if it were told to. What it does not hear of, it survives. */
export function endWithOwnParent(env: NodeJS.ProcessEnv): void {
  if (isOwnRank(env)) signalOnParentDeath('SIGTERM');
}
