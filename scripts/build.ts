/**
 * Builds dist/: the bundles, the declarations, and the licences of what is bundled.
 * Everything is made in a folder beside dist/ and put in its place at the end, so that a failed build changes nothing.
 *
 *     node scripts/build.ts [--if-stale]
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './build/bundle.ts';
import { emitDeclarations } from './build/declarations.ts';
import { BUNDLES, DECLARATIONS } from './build/entries.ts';
import { thirdPartyLicences } from './build/licences.ts';
import { describeLoads } from './build/loads.ts';
import { isBuilt, sourceHash } from './setup/build-if-stale.mjs';
import { root } from './setup/repository.mjs';

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
  const metafile = await bundle(bundles, folder);
  emitDeclarations(Object.values(present(DECLARATIONS)), join(folder, 'types'));
  writeFileSync(join(folder, 'THIRD_PARTY_LICENSES.txt'), thirdPartyLicences(metafile));
  writeFileSync(join(folder, '.stamp'), hashBefore);
  console.error(`rolecall: ${describeLoads(metafile, Object.keys(bundles))}`);
}

/** The entries whose source is there; of each other one it is said that it is missing. */
function present(entries: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, source] of Object.entries(entries)) {
    if (!existsSync(source)) console.error(`rolecall: no ${name} in this build, because ${source} is missing`);
  }
  return Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(source)));
}
