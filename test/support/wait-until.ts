import { setImmediate as turn } from 'node:timers/promises';

/** Waits until `holds` is true, looking again in each turn of the event loop; on time-out, says what was asked. */
export async function waitUntil(holds: () => boolean, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Waited ${ms} ms in vain until ${holds.toString()}`);
    await turn();
  }
}
