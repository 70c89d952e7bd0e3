/** Starting a runtime where that fails. The command `dragon` is a stand-in here, for one that fails whenever it is started. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { provideRuntime } from '../../src/dragon/provide-runtime.ts';
import { rejection } from '../support/rejection.ts';

const test = suite('provideRuntime');

test('a runtime that ends while it starts is tried again, and then said what it said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'venv-'));
  const dragon = join(folder, 'lib', 'python3.12', 'site-packages', 'dragon');
  for (const name of [join(folder, 'bin'), join(dragon, 'lib')]) mkdirSync(name, { recursive: true });
  writeFileSync(join(dragon, 'lib', 'libdragon.so'), '');
  const command = `#!/bin/sh\necho started >> ${folder}/starts\necho "no agent came up"\nexit 3\n`;
  writeFileSync(join(folder, 'bin', 'dragon'), command, { mode: 0o755 });
  Object.assign(process.env, { ROLECALL_DRAGON: dragon, ROLECALL_DRAGON_WORDS: '-s' });
  const error = await rejection(provideRuntime({ betweenNodes: 'auto', log: () => {} }, 20_000), 'ERR_DRAGON');
  assert.match(
    error.message,
    'Cannot start a runtime of DragonHPC: it ended while it started. It said:\nno agent came up',
  );
  assert.is(readFileSync(join(folder, 'starts'), 'utf8'), 'started\n'.repeat(3));
  rmSync(folder, { recursive: true });
  assert.equal(readdirSync(tmpdir()), []);
});

test.run();
