import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { missingTools } from './addon-tools.mjs';
import { contentHash, repositoryNode, root, runOrFail, say } from './repository.mjs';

const inputs = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.types.json', 'scripts/build.ts'];

/** Builds dist/ if it was not built from the sources as they are now. */
export function buildIfStale() {
  if (isBuilt()) return;
  say('building dist/…');
  runOrFail(repositoryNode(), [join(root, 'scripts', 'build.ts')]);
}

/**
 * True if dist/ was built from the sources as they are now, with the addon if it can be built here.
 *
 * @returns {boolean}
 */
export function isBuilt() {
  const stamp = join(root, 'dist', '.stamp');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sourceHash()) return false;
  return existsSync(join(root, 'dist', 'native')) || missingTools() !== null;
}

/**
 * A hash of everything that the build depends on. The build leaves it in dist/.stamp.
 *
 * @returns {string}
 */
export function sourceHash() {
  const files = ['src', 'scripts/build', 'native'].flatMap((folder) => filesUnder(join(root, folder)));
  return contentHash([...files, ...inputs.map((name) => join(root, name))]);
}

/**
 * A hash of everything that the addon depends on.
 *
 * @returns {string}
 */
export function addonHash() {
  return contentHash([...filesUnder(join(root, 'native')), join(root, 'scripts', 'build', 'addon.ts')]);
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return paths.filter((path) => statSync(path).isFile()).sort();
}
