/**
 * A worker that is killed cannot end what its tasks have started. So each has a guard: a shell that waits for the end of
 * a pipe, which is the end of the worker however it comes, and then ends whatever still carries the worker's mark. It has
 * a session of its own, so that a signal to the job's process group does not reach it. About 1 MB, and it does nothing.
 */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { MARK_VARIABLE, type Mark } from './marks.ts';

const SCRIPT = `
trap '' HUP INT TERM
while read -r _; do :; done
marked() { grep -slF "$1" /proc/[0-9]*/environ | tr -dc '0-9\\n'; }
for signal in TERM KILL KILL KILL KILL KILL; do
  pids=$(marked "$1")
  if [ -z "$pids" ]; then exit 0; fi
  kill -s $signal $pids
  sleep 1
done 2>/dev/null`;

export interface Guard {
  /** Lets the guard look a last time, and end. */
  release(): void;
}

/** Starts the guard of a worker. Without /proc (macOS) it would find nothing, so there is none. */
export function startGuard(mark: Mark): Guard {
  if (process.platform !== 'linux') return { release: () => {} };
  const { [MARK_VARIABLE]: _, ...env } = process.env; // it must not take itself for one of them
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'rolecall-guard', `${MARK_VARIABLE}=${mark}`], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {}); // without a shell, all ends but SIGKILL are looked after
  const pipe = child.stdin as Socket | undefined; // undefined if there is no descriptor left
  pipe?.on('error', () => {}).unref();
  child.unref();
  return { release: () => pipe?.destroy() };
}
