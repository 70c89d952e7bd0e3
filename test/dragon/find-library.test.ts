import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { look } from '../../src/dragon/find-library.ts';
import { thrown } from '../support/rejection.ts';

const test = suite<{ folder: string; dragon: string }>('findDragon');

/** A virtual environment as pip leaves it, with files that are empty. */
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'venv-'));
  context.dragon = join(context.folder, 'lib', 'python3.12', 'site-packages', 'dragon');
  for (const folder of [join(context.folder, 'bin'), join(context.dragon, 'lib')])
    mkdirSync(folder, { recursive: true });
  for (const file of [join(context.folder, 'bin', 'dragon'), join(context.dragon, 'lib', 'libdragon.so')])
    writeFileSync(file, '');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test('finds the package beside the command on PATH', ({ folder, dragon }) => {
  const found = look({ PATH: `/nowhere:${join(folder, 'bin')}` });
  const command = join(folder, 'bin', 'dragon');
  assert.equal(found, { folder: dragon, library: join(dragon, 'lib', 'libdragon.so'), command });
});

test('follows a link on PATH to where the command really is', ({ folder, dragon }) => {
  mkdirSync(join(folder, 'links'));
  symlinkSync(join(folder, 'bin', 'dragon'), join(folder, 'links', 'dragon'));
  assert.is(look({ PATH: join(folder, 'links') }).folder, dragon);
});

test('takes the folder that is named, and no other', ({ folder, dragon }) => {
  assert.is(look({ PATH: '/nowhere', ROLECALL_DRAGON: dragon }).command, join(folder, 'bin', 'dragon'));
  const error = thrown(() => look({ PATH: join(folder, 'bin'), ROLECALL_DRAGON: '/nowhere' }), 'ERR_DRAGON_MISSING');
  assert.match(error.message, /found not in \/nowhere\. Install it with `pip install dragonhpc`/);
});

test('says how to get it where there is none', () => {
  const error = thrown(() => look({ PATH: '/nowhere' }), 'ERR_DRAGON_MISSING');
  assert.match(
    error.message,
    /neither beside a `dragon` on PATH nor by python3.*name the folder of its package in ROLECALL_DRAGON/,
  );
});

test.run();
