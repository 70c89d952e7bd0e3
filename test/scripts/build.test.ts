import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BundledFile } from '../../scripts/build/bundle.ts';
import { keepReachable } from '../../scripts/build/declarations.ts';
import { thirdPartyLicences } from '../../scripts/build/licences.ts';
import { describeLoads } from '../../scripts/build/loads.ts';

const test = suite<{ folder: string }>('build');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'types-'));
  mkdirSync(join(context.folder, 'inner'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function file(name: string, about: { readonly sources?: string[]; readonly imports?: string[] }): BundledFile {
  return { name, bytes: 1000, sources: [], imports: [], ...about };
}

test('keepReachable keeps what an entry leads to, with .js in the specifiers, and removes the rest', ({ folder }) => {
  write(folder, {
    'index.d.ts': "import type { A } from './inner/a.ts';\nexport * from './inner/b.ts';\nexport declare const a: A;\n",
    'inner/a.d.ts': "export type A = import('../c.ts').C;\nimport type { Socket } from 'node:net';\n",
    'inner/b.d.ts': 'export {};\n',
    'c.d.ts': 'export type C = 1;\n',
    'unused.d.ts': "import type { WebSocket } from 'ws';\n",
  });
  keepReachable(folder, ['index.d.ts']);
  assert.equal(readdirSync(folder, { recursive: true }).sort(), [
    'c.d.ts',
    'index.d.ts',
    'inner',
    'inner/a.d.ts',
    'inner/b.d.ts',
  ]);
  assert.match(readFileSync(join(folder, 'index.d.ts'), 'utf8'), "from './inner/b.js'");
  assert.match(readFileSync(join(folder, 'inner/a.d.ts'), 'utf8'), "import('../c.js')");
});

test('keepReachable refuses a declaration that imports a package, naming both', ({ folder }) => {
  write(folder, { 'index.d.ts': "export * from './a.ts';\n", 'a.d.ts': "import type { WebSocket } from 'ws';\n" });
  assert.throws(() => keepReachable(folder, ['index.d.ts']), /Cannot publish .*a\.d\.ts: it imports 'ws'/);
});

test('thirdPartyLicences names each package of which something is bundled once, with its text', () => {
  const text = thirdPartyLicences([
    file('a.js', { sources: ['src/index.ts', 'node_modules/ws/lib/websocket.js'] }),
    file('b.js', { sources: ['node_modules/ws/lib/sender.js'] }),
  ]);
  assert.match(text, /^ws \d+\.\d+\.\d+, MIT$/m);
  assert.match(text, 'Permission is hereby granted');
  assert.is(text.match(/^ws /gm)?.length, 1);
  assert.not.match(text, /acorn/);
});

test('describeLoads counts the files that an entry loads, each once', () => {
  const files = [
    file('role.js', { imports: ['a.js', 'b.js', 'node:child_process'] }),
    file('a.js', { imports: ['b.js'] }),
    file('b.js', {}),
  ];
  assert.is(describeLoads(files, ['role', 'b']), 'files that are loaded with each entry: role 3 (3 kB), b 1 (1 kB)');
});

test.run();
