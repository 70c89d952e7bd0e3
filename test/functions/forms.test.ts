import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CASES } from './support/cases.ts';
import { SecondRealm } from './support/second-realm.ts';

const test = suite('functions sent to another realm');
const realm = new SecondRealm();

for (const { title, fn, args = [], expected } of CASES) {
  test(title, async () => {
    assert.equal(await realm.run(fn, ...args), expected);
  });
}

test.after(() => realm[Symbol.asyncDispose]());

test.run();
