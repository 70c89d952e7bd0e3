import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Case } from './support/case.ts';
import { SecondRealm } from './support/second-realm.ts';

const test = suite('functions of a bundled job file');
const realm = new SecondRealm();
const folder = await mkdtemp(join(tmpdir(), 'bundled-'));

/** The cases, bundled with the modules that they import. */
async function bundledCases(name: string, options: { readonly minify?: boolean; readonly keepNames?: boolean }) {
  const entry = fileURLToPath(new URL('./support/cases.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    ...options,
  });
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, outputFiles[0]!.text);
  return ((await import(pathToFileURL(file).href)) as { readonly CASES: readonly Case[] }).CASES;
}

const BUNDLES = {
  plain: {},
  minified: { minify: true },
  'minified with names kept': { minify: true, keepNames: true },
};

for (const [name, options] of Object.entries(BUNDLES)) {
  for (const { title, fn, args = [], expected } of await bundledCases(name.replaceAll(' ', '-'), options)) {
    test(`${name}: ${title}`, async () => {
      assert.equal(await realm.run(fn, ...args), expected);
    });
  }
}

test.after(async () => {
  await realm[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test.run();
