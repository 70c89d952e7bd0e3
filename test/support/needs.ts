/** Tests of what may not be installed: they say what they miss and how to get it. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a test needs of the machine, and how to get it. */
export interface Needs {
  readonly programs: readonly string[];
  /** Debian's packages with them. */
  readonly packages: string;
  readonly root?: boolean;
}

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/** What is missing, in words; undefined if nothing is. */
export function missing({ programs, packages, root = false }: Needs): string | undefined {
  const absent = programs.filter((program) => !FOLDERS.some((folder) => isExecutable(join(folder, program))));
  if (absent.length > 0) return `no ${absent.join(', ')} here; as root on Debian: apt-get install ${packages}`;
  if (root && process.getuid?.() !== 0) return 'it must run as root, to make network namespaces';
  return undefined;
}

/** The body of a test that is skipped, with the reason, where something is missing. */
export function needing<T extends unknown[]>(
  needs: Needs,
  title: string,
  body: (...context: T) => Promise<void>,
): [title: string, body: (...context: T) => Promise<void>] {
  const lack = missing(needs);
  return [title, lack === undefined ? body : async () => console.log(`SKIP ${title}: ${lack}`)];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
