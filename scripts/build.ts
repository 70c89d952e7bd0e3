/**
 * Builds dist/: the bundles, the declarations, the licences of what is bundled, and the addon where it can be built.
 * Everything is made in a folder beside dist/ and put in its place at the end, so that a failed build changes nothing.
 *
 *     node scripts/build.ts [--if-stale] [--for-release]
 *
 * `--for-release` fails without the addon for Linux on x64, because what is published brings it prebuilt.
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ADDON, buildAddon } from './build/addon.ts';
import { bundle } from './build/bundle.ts';
import { emitDeclarations } from './build/declarations.ts';
import { BUNDLES, COPIES, DECLARATIONS } from './build/entries.ts';
import { thirdPartyLicences } from './build/licences.ts';
import { describeLoads } from './build/loads.ts';
import { addonHash, isBuilt, sourceHash } from './setup/build-if-stale.mjs';
import { root } from './setup/repository.mjs';

/** What npm cannot compile for a user, since install scripts are blocked. */
const RELEASED_ADDON = join('native', 'addon-linux-x64.node');

if (process.argv.includes('--if-stale') && isBuilt()) process.exit();

const hashBefore = sourceHash(); // taken first: a source that changes meanwhile makes this build a stale one
const staging = join(root, `dist.${process.pid}`);
try {
  await buildInto(staging);
  rmSync('dist', { recursive: true, force: true });
  renameSync(staging, 'dist');
} catch (error) {
  console.error(`rolecall: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(staging, { recursive: true, force: true });
}

async function buildInto(folder: string): Promise<void> {
  process.chdir(root);
  mkdirSync(folder);
  const bundles = present(BUNDLES);
  const files = await bundle(bundles, folder);
  emitDeclarations(Object.values(present(DECLARATIONS)), join(folder, 'types'));
  writeFileSync(join(folder, 'THIRD_PARTY_LICENSES.txt'), thirdPartyLicences(files));
  for (const file of COPIES) copyFileSync(file, join(folder, basename(file)));
  makeAddon(folder);
  writeFileSync(join(folder, '.stamp'), hashBefore);
  console.error(`rolecall: ${describeLoads(files, Object.keys(bundles))}`);
}

function makeAddon(folder: string): void {
  const missing = buildAddon(folder, 'dist', addonHash());
  if (missing !== null) console.error(`rolecall: no addon in this build, the package works without: ${missing}`);
  if (!process.argv.includes('--for-release') || (missing === null && ADDON === RELEASED_ADDON)) return;
  throw new Error(`Cannot make a release here: it brings dist/${RELEASED_ADDON}. ${missing ?? `This is ${ADDON}`}`);
}

/** The entries whose source is there; of each other one it is said that it is missing. */
function present(entries: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, source] of Object.entries(entries)) {
    if (!existsSync(source)) console.error(`rolecall: no ${name} in this build, because ${source} is missing`);
  }
  return Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(source)));
}
