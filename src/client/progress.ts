import type { Session } from './session.ts';
import type { ClientArray } from './task-array.ts';
import { CANCELLED, FAILED } from './task-states.ts';

interface Target {
  readonly array: ClientArray;
  readonly index: number | null;
}

/** Redrawn at most this often. */
const DRAW_MS = 100;

/** A progress bar on standard error until all tasks have ended; without a terminal, one line at the end. */
export async function showProgress(session: Session, targets: readonly Target[]): Promise<void> {
  const total = sum(targets, ({ array, index }) => (index === null ? array.count : 1));
  const name = [...new Set(targets.map(({ array }) => array.name))].join(', ');
  const { SingleBar } = (await import('cli-progress')).default; // only here, for the sake of ranks that show none
  const bar = new SingleBar({
    format: `{name} {bar} {value}/{total} | {failed} failed | {duration_formatted}`,
    stream: process.stderr,
    barsize: 30,
    hideCursor: true,
    clearOnComplete: false,
    noTTYOutput: false,
  });
  const draw = (): void => bar.update(sum(targets, settledIn), { name, failed: sum(targets, failedIn) });
  bar.start(total, 0, { name, failed: 0 });
  const timer = setInterval(draw, DRAW_MS);
  try {
    await Promise.all(targets.map((target) => allSettled(session, target)));
  } finally {
    clearInterval(timer);
    draw();
    bar.stop();
    if (!process.stderr.isTTY)
      process.stderr.write(`${name}: ${sum(targets, settledIn)} of ${total} done, ${sum(targets, failedIn)} failed\n`);
  }
}

function allSettled(session: Session, { array, index }: Target): Promise<void> {
  if (index !== null) return session.settled(array, index);
  if (array.settled === array.count) return Promise.resolve();
  return session.waits.add((resolve) => {
    const listener = (): void => {
      if (array.settled === array.count) resolve();
    };
    array.listeners.add(listener);
    return () => array.listeners.delete(listener);
  });
}

function settledIn({ array, index }: Target): number {
  return index === null ? array.settled : Number(array.isSettled(index));
}

function failedIn({ array, index }: Target): number {
  const isFailed = (status: number | undefined): boolean => status === FAILED || status === CANCELLED;
  if (index !== null) return Number(isFailed(array.statuses[index]));
  return array.failures.size;
}

function sum(targets: readonly Target[], count: (target: Target) => number): number {
  return targets.reduce((total, target) => total + count(target), 0);
}
