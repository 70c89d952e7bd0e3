import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/setup/repository.mjs';

const test = suite('build --for-release');

test('fails where the addon cannot be compiled, names what is missing, and leaves dist/ as it was', () => {
  const before = readdirSync(root).sort();
  const env = { ...process.env, PATH: join(root, 'node_modules', '.bin') };
  const words = [join('scripts', 'build.ts'), '--for-release'];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, env, encoding: 'utf8' });
  assert.is(status, 1);
  if (process.platform === 'linux')
    assert.match(stderr, 'cc, make, python3 not found. Install a C compiler, make and Python 3');
  assert.match(stderr, 'Cannot make a release here: it brings dist/native/addon-linux-x64.node');
  assert.equal(readdirSync(root).sort(), before);
});

test.run();
