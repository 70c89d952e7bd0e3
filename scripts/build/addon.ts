/** The addon: C that is compiled where there is a compiler. Without it the package works, but more slowly, or with less certainty. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { missingTools } from '../setup/addon-tools.mjs';
import { repositoryNode, root } from '../setup/repository.mjs';

/** Beside the bundles, so that what finds them finds it; named for the only systems on which it can be loaded. */
export const ADDON = join('native', `addon-${process.platform}-${process.arch}.node`);
/** Of the sources that it was built from. */
const STAMP = join('native', '.stamp');

/**
 * Puts the addon into a new dist/, from the old one if its sources are the same. Returns why there is none, or null.
 *
 * @throws {Error} if it cannot be compiled although the tools are there.
 */
export function buildAddon(folder: string, oldFolder: string, sourceHash: string): string | null {
  const missing = missingTools();
  if (missing !== null) return missing;
  mkdirSync(join(folder, 'native'));
  const stamp = join(oldFolder, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash && existsSync(join(oldFolder, ADDON))) {
    copyFileSync(join(oldFolder, ADDON), join(folder, ADDON));
  } else compile(join(folder, ADDON));
  writeFileSync(join(folder, STAMP), sourceHash);
  return null;
}

/** In a copy of the sources, because node-gyp writes beside them, and two builds may run at once. */
function compile(target: string): void {
  const workshop = `${target}.build`;
  try {
    cpSync(join(root, 'native'), workshop, { recursive: true });
    const { status, stdout, stderr } = runNodeGyp(workshop);
    if (status !== 0) throw new Error(`Cannot compile the addon: node-gyp ended with ${status}\n${stdout}${stderr}`);
    copyFileSync(join(workshop, 'build', 'Release', 'rolecall.node'), target);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

function runNodeGyp(workshop: string): ReturnType<typeof spawnSync> {
  const require = createRequire(import.meta.url);
  const nodeGyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js');
  const words = [nodeGyp, 'rebuild', '--release', '-C', workshop, `--nodedir=${nodeHeaders()}`];
  // There is no C++ in it, so no compiler for that is asked for; node-gyp would also link with one.
  const env = { ...process.env, CC: 'cc', CXX: 'cc', LINK: 'cc' };
  return spawnSync(repositoryNode(), words, { env, encoding: 'utf8' });
}

/** The folder whose include/node are the headers of Node.js: with it node-gyp need not download them. */
function nodeHeaders(): string {
  const own = join(root, 'node_modules', `node-${process.platform}-${process.arch}`);
  const folder = existsSync(join(own, 'include')) ? own : dirname(dirname(process.execPath));
  if (existsSync(join(folder, 'include', 'node', 'node_api.h'))) return folder;
  throw new Error(`Cannot compile the addon: no headers of Node.js in ${folder}/include/node`);
}
