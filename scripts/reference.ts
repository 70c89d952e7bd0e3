/**
 * The pages that are generated from declarations in the sources: docs/errors.md, docs/options.md, docs/lifecycle.md.
 * Fails if one of them is not what it should be; with `--write`, writes them.
 *
 *     node scripts/reference.ts [--write]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from './reference/errors-page.ts';
import { lifecyclePage } from './reference/lifecycle-page.ts';
import { optionsPage } from './reference/options-page.ts';
import { root } from './setup/repository.mjs';

const PAGES = { 'docs/errors.md': errorsPage, 'docs/options.md': optionsPage, 'docs/lifecycle.md': lifecyclePage };

for (const [name, page] of Object.entries(PAGES)) {
  const path = join(root, name);
  const text = page();
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (process.argv.includes('--write')) writeFileSync(path, text);
  else {
    console.error(`${name} is not what the sources say. \`npm run format\` writes it.`);
    process.exitCode = 1;
  }
}
