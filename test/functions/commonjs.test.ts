import { createRequire } from 'node:module';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SecondRealm } from './support/second-realm.ts';

const test = suite('functions of a CommonJS file');
const realm = new SecondRealm();
const { jobs } = createRequire(import.meta.url)('./support/job.cjs') as { jobs: Record<string, unknown> };

test('code in sloppy mode stays sloppy', async () => {
  assert.is(await realm.run(jobs['sloppy'], 2), 8);
});

test('a required builtin module', async () => {
  assert.is(await realm.run(jobs['builtin']), 'function');
  assert.is(await realm.run(jobs['destructured'], '/a/b'), 'b');
});

test('a required module of the user travels by reference', async () => {
  assert.is(await realm.run(jobs['ownModule'], 2), 6);
  assert.is(await realm.run(jobs['ownFunction'], 2), 6);
  assert.is(await realm.run(jobs['ownClass'], 2), 2);
});

test('require within a task resolves as in its file', async () => {
  assert.is(await realm.run(jobs['requires']), 6);
});

test('__filename and __dirname are those of the file', async () => {
  assert.equal(await realm.run(jobs['names']), ['string', 'support']);
});

test.after(() => realm[Symbol.asyncDispose]());

test.run();
