import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const PURE = ['src/protocol', 'src/scheduler/core', 'src/scheduler/policy', 'src/worker/core'];

/** What no file of a pure layer may hold, with the text of the complaint. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  "import 'node:fs';": /imports only pure layers/,
  "import type { Server } from 'node:net';\nexport type S = Server;": /imports only pure layers/,
  "export * from 'ws';": /imports only pure layers/,
  "export const os = import('node:os');": /imports only pure layers/,
  "export * from '../transport/a.ts';": /imports only pure layers/,
  "export * from '../../values/a.ts';": /imports only pure layers/,
  "export * from '../../functions/a.ts';": /imports only pure layers/,
  "export * from '../../runners/a.ts';": /imports only pure layers/,
  "export * from '../../client/a.ts';": /imports only pure layers/,
  "export * from '../../cli/a.ts';": /imports only pure layers/,
  'export const a = Math.random();': /no Math\.random/,
  'export const a = Date.now();': /global variable Date/,
  'export const a = new Date();': /global variable Date/,
  'export const a = performance.now();': /global variable performance/,
  'setTimeout(() => {}, 1);': /global variable setTimeout/,
  'setInterval(() => {}, 1);': /global variable setInterval/,
  'setImmediate(() => {});': /global variable setImmediate/,
  'queueMicrotask(() => {});': /global variable queueMicrotask/,
  'export const a = process.pid;': /global variable process/,
  'export const a = Buffer.alloc(1);': /global variable Buffer/,
  "export const a = fetch('x');": /global variable fetch/,
};

const ALLOWED = [
  "export * from 'valibot';",
  "export * from '../../errors.ts';",
  "export * from '../protocol/messages.ts';",
  "export * from './values.ts';",
  'export const a = Math.max(1, 2);',
  'export const age = (performance: number): number => performance;',
];

const test = suite<{ folder: string }>('layer rule');

/** Biome reads its configuration from the folder it is started in: a copy of ours, beside the samples. */
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'layers-'));
  mkdirSync(join(context.folder, 'scripts'));
  for (const name of ['biome.json', '.gitignore']) copyFileSync(name, join(context.folder, name));
  cpSync('scripts/lint', join(context.folder, 'scripts/lint'), { recursive: true });
});

test.after(({ folder }) => rmSync(folder, { recursive: true }));

/** Writes the samples into a folder, one file each, and returns Biome's complaints by the number of the sample. */
function lint(root: string, folder: string, samples: readonly string[]): string[] {
  const paths = samples.map((_, index) => join(root, folder, `sample-${index}.ts`));
  mkdirSync(join(root, folder), { recursive: true });
  samples.forEach((sample, index) => writeFileSync(paths[index] ?? '', `${sample}\n`));
  const args = [resolve('node_modules/.bin/biome'), 'lint', '--reporter=github', '--max-diagnostics=none', folder];
  const lines = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).stdout.split('\n');
  rmSync(join(root, folder), { recursive: true });
  return samples.map((_, index) => lines.filter((line) => line.includes(`/sample-${index}.ts,`)).join('\n'));
}

for (const folder of PURE) {
  test(`refuses in ${folder} time, chance, effects and what lies outside the pure layers`, (context) => {
    const complaints = lint(context.folder, folder, Object.keys(REFUSED));
    Object.values(REFUSED).forEach((expected, index) => assert.match(complaints[index] ?? '', expected));
  });
}

test('allows in a pure layer the errors, valibot, its neighbours and arithmetic', ({ folder }) => {
  assert.is(lint(folder, 'src/scheduler/core', ALLOWED).join(''), '');
});

test('refuses nothing of that in other folders', ({ folder }) => {
  const complaints = lint(folder, 'src/transport', Object.keys(REFUSED)).join('\n');
  assert.not.match(complaints, /pure layer|global variable/);
});

test.run();
