/** Starting a runtime where that fails. The command `dragon` is a stand-in here, for one that fails, or hangs, whenever it is started. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { provideRuntime } from '../../src/dragon/provide-runtime.ts';
import { rejection } from '../support/rejection.ts';

const test = suite('provideRuntime');
const OPTIONS = { betweenNodes: 'auto', log: () => {} } as const;

const folder = mkdtempSync(join(tmpdir(), 'venv-'));
const dragon = join(folder, 'lib', 'python3.12', 'site-packages', 'dragon');
const starts = join(folder, 'starts');
for (const name of [join(folder, 'bin'), join(dragon, 'lib')]) mkdirSync(name, { recursive: true });
writeFileSync(join(dragon, 'lib', 'libdragon.so'), '');
Object.assign(process.env, { ROLECALL_DRAGON: dragon, ROLECALL_DRAGON_WORDS: '-s' });
test.before.each(() => writeFileSync(starts, ''));
test.after.each(() => assert.equal(readdirSync(tmpdir()), [folder.slice(tmpdir().length + 1)]));
test.after(() => rmSync(folder, { recursive: true }));

/** What the command does whenever it is started. */
function command(does: string): void {
  writeFileSync(join(folder, 'bin', 'dragon'), `#!/bin/sh\necho started >> ${starts}\n${does}\n`, { mode: 0o755 });
}

test('a runtime that ends while it starts is tried again, and then said what it said', async () => {
  command('echo "no agent came up"\nexit 3');
  const error = await rejection(provideRuntime(OPTIONS, 20_000), 'ERR_DRAGON');
  assert.match(
    error.message,
    'Cannot start a runtime of DragonHPC: it ended while it started. It said:\nno agent came up',
  );
  assert.is(readFileSync(starts, 'utf8'), 'started\n'.repeat(3));
});

test('one that hangs while it starts is tried again after half of the time', async () => {
  command('exec sleep 60');
  const error = await rejection(provideRuntime(OPTIONS, 3000), 'ERR_DEADLINE');
  assert.match(error.message, 'it is not up after 3000 ms (startTimeoutMs)');
  assert.is(readFileSync(starts, 'utf8'), 'started\n'.repeat(2));
});

test.run();
