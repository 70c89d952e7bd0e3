import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missingTools } from '../../scripts/setup/addon-tools.mjs';
import { root } from '../../scripts/setup/repository.mjs';
import { load, loadAddon } from '../../src/native/load.ts';
import { within } from '../support/within.ts';
import { addonTest } from './support.ts';

const test = suite('the addon');
const withAddon = addonTest(test);

/** A Linux as old as this must be able to load it; Node.js 24 itself needs no newer one. */
const GLIBC = 28;

test('is there wherever it can be built', () => {
  const { addon, missing } = loadAddon();
  assert.is(addon === null, missingTools() !== null, missing ?? '');
});

withAddon('is small, needs nothing but the C library, and none newer than that of Node.js', () => {
  const { path } = loadAddon();
  const size = statSync(path).size;
  console.log(`addon: ${size} bytes`);
  assert.ok(size <= 65_536, `${size} bytes`);
  const text = readFileSync(path, 'latin1');
  assert.equal(text.match(/lib[\w+-]+\.so[.\d]*(?=\0)/g), ['libc.so.6']);
  const versions = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
  assert.ok(Math.max(...versions) <= GLIBC, `needs GLIBC_2.${Math.max(...versions)}`);
});

withAddon('is loaded in several threads, each of which it outlives', async () => {
  const url = new URL('../../src/native/process.ts', import.meta.url).href;
  const code = `import(${JSON.stringify(url)}).then(({ coresOf }) => postMessage(coresOf()))`;
  const script = `const { parentPort } = require('node:worker_threads');
    const postMessage = (value) => parentPort.postMessage(value); ${code}`;
  for (let round = 0; round < 2; round++) {
    const threads = [1, 2].map(() => new Worker(script, { eval: true }));
    const cores = await Promise.all(
      threads.map((thread) => within(new Promise((resolve) => thread.once('message', resolve)), 'a thread')),
    );
    assert.equal(cores, [loadAddon().addon?.getAffinity(0), loadAddon().addon?.getAffinity(0)]);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
});

withAddon('refuses wrong calls instead of going on with rubbish', () => {
  const addon = loadAddon().addon as unknown as Record<string, (...words: unknown[]) => unknown>;
  for (const name of Object.keys(addon)) {
    if (!/^mpi|^dragon(Kinds|Inside|GiveUp)$|^valueStop$/.test(name))
      assert.throws(() => addon[name]?.(), TypeError, name);
  }
  assert.throws(() => addon['memfdNew']?.('1'), TypeError);
  assert.throws(() => addon['setAffinity']?.(0, [-1]), /no such core/);
  assert.throws(() => addon['setAffinity']?.(0, 3), TypeError);
});

test('load says why there is none', () => {
  assert.is(load('/x.node', 'none').missing, 'ROLECALL_ADDON is set to none');
  assert.match(load('/nowhere/addon.node', undefined).missing ?? '', 'the package brings none for linux on');
  const notAnAddon = join(root, 'native', 'addon.c');
  assert.match(load(notAnAddon, undefined).missing ?? '', 'addon.c cannot be loaded: ');
});

test('each source of it is registered, built and within the size of one idea', () => {
  const folder = join(root, 'native');
  const gyp = readFileSync(join(folder, 'binding.gyp'), 'utf8');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.c'))) {
    assert.match(gyp, `"${name}"`);
    assert.ok(readFileSync(join(folder, name), 'utf8').split('\n').length <= 400, name);
  }
  assert.not(existsSync(join(folder, 'build')), 'nothing is built beside the sources');
});

test.run();
