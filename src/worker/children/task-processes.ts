/** Ends what tasks have started: SIGTERM first, and SIGKILL for what is still there after a while. */
import { setTimeout as delay } from 'node:timers/promises';
import { signalExactly } from '../../native/process.ts';
import { belongsTo, type Mark } from './marks.ts';
import { type ProcessEntry, processesOf } from './process-table.ts';

/** An owner of processes that is over. */
interface Ending {
  readonly since: number;
  readonly done: PromiseWithResolvers<void>;
}

const LOOK_AGAIN_MS = 20;
/** Looking at all processes of a large machine takes a while: never more than this part of the time. */
const SHARE_OF_TIME = 0.1;
/** … but whoever waits for an end shall not wait for long, on a machine that is slow at the moment. */
const LONGEST_PAUSE_MS = 200;
/** After SIGKILL only the kernel can still hold a process (a dead file server): it is left. */
const GIVE_UP_MS = 5000;

export class TaskProcesses {
  readonly #graceMs: number;
  readonly #endings = new Map<Mark, Ending>();
  /** Processes that were told to end, as `pid startTime`. */
  readonly #told = new Set<string>();
  #looking: Promise<void> | undefined;
  #nextLookAt = 0;

  /** @param graceMs how long a process may take between SIGTERM and SIGKILL */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Ends every process that belongs to `owner`. Resolves when none is left. */
  end(owner: Mark): Promise<void> {
    for (const [known, { done }] of this.#endings) if (belongsTo(owner, known)) return done.promise;
    const ending: Ending = { since: performance.now(), done: Promise.withResolvers() };
    this.#endings.set(owner, ending);
    this.#looking ??= this.#lookUntilNoneIsLeft();
    return ending.done.promise;
  }

  async #lookUntilNoneIsLeft(): Promise<void> {
    while (this.#endings.size > 0) {
      await delay(Math.max(0, this.#nextLookAt - performance.now())); // many tasks may end meanwhile
      const startedAt = performance.now();
      const living = processesOf([...this.#endings.keys()]);
      for (const [owner, ending] of this.#endings) this.#endProcesses(owner, ending, living.get(owner) ?? []);
      const now = performance.now();
      const pauseMs = Math.min(LONGEST_PAUSE_MS, (now - startedAt) / SHARE_OF_TIME);
      this.#nextLookAt = now + Math.max(LOOK_AGAIN_MS, pauseMs);
    }
    this.#told.clear();
    this.#looking = undefined;
  }

  #endProcesses(owner: Mark, ending: Ending, living: readonly ProcessEntry[]): void {
    const ms = performance.now() - ending.since;
    if (living.length === 0 || ms > this.#graceMs + GIVE_UP_MS) {
      this.#endings.delete(owner);
      return ending.done.resolve();
    }
    for (const entry of living) {
      const name = `${entry.pid} ${entry.startTime}`;
      if (ms >= this.#graceMs) signalExactly(entry, 'SIGKILL');
      else if (!this.#told.has(name)) signalExactly(entry, 'SIGTERM');
      this.#told.add(name);
    }
  }
}
