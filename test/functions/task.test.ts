import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasCode } from '../../src/errors.ts';
import { task } from '../../src/functions/task.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import type * as library from './support/library.ts';
import { SecondRealm } from './support/second-realm.ts';

const test = suite('task');
const realm = new SecondRealm();
const url = new URL('./support/library.ts', import.meta.url).href;
const increment = task<typeof library.increment>(url, 'increment');

test('travels as a reference and runs there', async () => {
  assert.is(await realm.run(increment, 4), 5);
  const { name, warnings } = new ValueCodec().encodeFunction(increment);
  assert.equal([name, warnings], ['increment', []]);
});

test('can be captured', async () => {
  assert.is(await realm.run(async (x: number) => (await increment(x)) * 2, 4), 10);
});

test('called here, it calls the function', async () => {
  assert.is(await increment(1), 2);
});

test('a module that does not export the name is ERR_IMPORT', async () => {
  const missing = task<(x: number) => number>(url, 'missing');
  const error = await realm.run(missing, 1).catch((caught: unknown) => caught);
  assert.ok(hasCode(error, 'ERR_IMPORT'));
  assert.match((error as Error).message, /it does not export `missing`/);
});

test('a module that is not there is ERR_IMPORT', async () => {
  const missing = task<() => number>(new URL('./nowhere.ts', import.meta.url).href, 'x');
  assert.ok(hasCode(await realm.run(missing).catch((caught: unknown) => caught), 'ERR_IMPORT'));
});

test.after(() => realm[Symbol.asyncDispose]());

test.run();
