/** Where DragonHPC is on this machine. It is a Python package; of it only the library and the command `dragon` are used. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { RolecallError } from '../errors.ts';

/** Names the folder of the Python package `dragon`, where it is not found by itself. */
export const DRAGON_VARIABLE = 'ROLECALL_DRAGON';

export interface DragonInstallation {
  /** The folder of the Python package. */
  readonly folder: string;
  /** libdragon.so */
  readonly library: string;
  /** The command that starts runtimes; null if only the library is here. */
  readonly command: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const WAY =
  'Install it with `pip install dragonhpc` (Python 3.11 to 3.13, Linux) and activate that environment, or name the folder of ' +
  `its package in ${DRAGON_VARIABLE}`;

let found: DragonInstallation | undefined;

/**
 * The DragonHPC that is named in the environment, or whose command is found on PATH, or that `python3` would import.
 *
 * @throws {RolecallError} `ERR_DRAGON_MISSING`, with how to get it.
 */
export function findDragon(env: Environment = process.env): DragonInstallation {
  found ??= look(env);
  return found;
}

/** @internal */
export function look(env: Environment): DragonInstallation {
  const named = env[DRAGON_VARIABLE];
  const folders = named === undefined ? [besideCommand(env), ofPython(env)] : [named];
  for (const folder of folders) {
    const library = folder === undefined ? '' : join(folder, 'lib', 'libdragon.so');
    if (folder !== undefined && existsSync(library)) return { folder, library, command: commandOf(folder, env) };
  }
  const where = named === undefined ? 'neither beside a `dragon` on PATH nor by python3' : `not in ${named}`;
  throw new RolecallError('ERR_DRAGON_MISSING', `Cannot use DragonHPC: its library was found ${where}. ${WAY}`);
}

/** A virtual environment has the command in bin/ and the package in lib/python3.x/site-packages/. */
function besideCommand(env: Environment): string | undefined {
  const command = onPath('dragon', env);
  return command === undefined
    ? undefined
    : (packageBeside(dirname(command)) ?? packageBeside(dirname(realpathSync(command))));
}

function packageBeside(bin: string): string | undefined {
  const lib = join(dirname(bin), 'lib');
  if (!existsSync(lib)) return undefined;
  const pythons = readdirSync(lib).filter((name) => /^python3\.\d+$/.test(name));
  return pythons.map((name) => join(lib, name, 'site-packages', 'dragon')).find((folder) => existsSync(folder));
}

/** Asks without importing it, which would take a second. */
function ofPython(env: Environment): string | undefined {
  const program =
    "import importlib.util as u; s = u.find_spec('dragon'); print(s.submodule_search_locations[0] if s else '')";
  const { stdout } = spawnSync('python3', ['-c', program], { env: { ...env }, encoding: 'utf8', timeout: 10_000 });
  return stdout?.trim() || undefined;
}

function commandOf(folder: string, env: Environment): string | null {
  const own = join(folder, '..', '..', '..', '..', 'bin', 'dragon');
  return existsSync(own) ? realpathSync(own) : (onPath('dragon', env) ?? null);
}

function onPath(name: string, env: Environment): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}
