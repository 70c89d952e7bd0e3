import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const TOOLS = ['cc', 'make', 'python3'];

/**
 * Why the addon cannot be built here, or null if it can.
 *
 * @returns {string | null}
 */
export function missingTools() {
  if (process.platform !== 'linux') return `it is for Linux, and this is ${process.platform}`;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = TOOLS.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
  return missing.length === 0 ? null : `${missing.join(', ')} not found. Install a C compiler, make and Python 3`;
}
