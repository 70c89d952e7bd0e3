/** Whether a launcher offers PMI-1 to this process: a small file, because every rank asks. */
import { loadAddon } from '../native/load.ts';
import type { Environment } from './launchers.ts';

/** The descriptor of the launcher's socket, if there is one. */
export function pmiDescriptor(env: Environment): number | undefined {
  const text = env['PMI_FD'];
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** Whether a launcher offers it, and the addon is there: without that a rank would need a second process to keep the descriptor. */
export function canUsePmi(env: Environment): boolean {
  return pmiDescriptor(env) !== undefined && loadAddon().addon !== null;
}
