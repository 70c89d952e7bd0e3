import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash, repositoryNode, root, runOrFail, say } from './repository.mjs';

const inputs = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.types.json', 'scripts/build.ts'];

/** Builds dist/ if it was not built from the sources as they are now. */
export function buildIfStale() {
  if (isBuilt()) return;
  say('building dist/…');
  runOrFail(repositoryNode(), [join(root, 'scripts', 'build.ts')]);
}

/**
 * True if dist/ was built from the sources as they are now.
 *
 * @returns {boolean}
 */
export function isBuilt() {
  const stamp = join(root, 'dist', '.stamp');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash();
}

/**
 * A hash of everything that the build depends on. The build leaves it in dist/.stamp.
 *
 * @returns {string}
 */
export function sourceHash() {
  const files = ['src', 'scripts/build'].flatMap((folder) => filesUnder(join(root, folder)));
  return contentHash([...files, ...inputs.map((name) => join(root, name))]);
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
