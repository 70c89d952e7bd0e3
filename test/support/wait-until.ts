import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks; without a pause, waiting takes the core that what is waited for needs. */
const PAUSE_MS = 2;

/** Waits until `holds` is true; on time-out, says what was asked. */
export async function waitUntil(holds: () => boolean, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain until ${holds.toString()}`);
    await pause(PAUSE_MS);
  }
}
