import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledFile } from './bundle.ts';

const RULE = '='.repeat(100);

/** The text of dist/THIRD_PARTY_LICENSES.txt: every package of which a byte is in the bundles, with its licence. */
export function thirdPartyLicences(files: readonly BundledFile[]): string {
  const folders = new Set(
    files.flatMap(({ sources }) => sources.map(packageFolder)).filter((folder) => folder !== undefined),
  );
  const texts = [...folders].sort().map(licenceOf);
  return ['The files of this folder contain parts of the following packages.\n', ...texts].join(`\n${RULE}\n\n`);
}

/** `node_modules/@a/b` of `node_modules/@a/b/lib/c.js`; undefined for our own sources. */
function packageFolder(path: string): string | undefined {
  return path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined && !existsSync(join(folder, 'README.md'))) {
    throw new Error(`Cannot write the licences: ${name}@${version} brings neither a licence file nor a README.md`);
  }
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trimEnd()}\n`;
  return `${name} ${version}, ${license}\n${text}`;
}
