import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OutputTail } from '../../src/worker/output-tail.ts';

const test = suite('OutputTail');

function tailOf(mostBytes: number, ...parts: readonly string[]): OutputTail {
  const tail = new OutputTail(mostBytes);
  for (const part of parts) tail.push(Buffer.from(part));
  return tail;
}

test('keeps all that fits', () => {
  const tail = tailOf(5, 'ab', '', 'cde');
  assert.is(tail.text(), 'abcde');
  assert.not(tail.isTruncated);
});

test('keeps the end of more, wherever its parts end', () => {
  for (const parts of [['abcdefgh'], ['abc', 'defgh'], [...'abcdefgh'], ['abcd', 'efgh']]) {
    const tail = tailOf(4, ...parts);
    assert.is(tail.text(), 'efgh');
    assert.ok(tail.isTruncated);
  }
});

test('cuts no character in two', () => {
  assert.is(tailOf(4, 'aäöü').text(), 'öü');
  assert.is(tailOf(3, 'aäöü').text(), 'ü');
});

test('keeps nothing if nothing is to be kept', () => {
  const tail = tailOf(0, 'abc');
  assert.is(tail.text(), '');
  assert.ok(tail.isTruncated);
});

test.run();
