import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ValueCodec } from '../../src/values/codec.ts';

const test = suite('warnings of encodeFunction');
const codec = new ValueCodec();
let count = 0;

test('none for an ordinary function', () => {
  assert.equal(codec.encodeFunction((x: number) => x + count).warnings, []);
});

test('assigning a captured variable: the change stays on the worker', () => {
  const step = () => {
    count++;
  };
  assert.equal(codec.encodeFunction(step).warnings, [
    '`step` assigns the captured `count`: the change stays on the worker.',
  ]);
});

test('assigning an own variable is nobody else’s business', () => {
  const step = () => {
    let count = 0;
    count++;
    return count;
  };
  assert.equal(codec.encodeFunction(step).warnings, []);
});

test('capturing more than a megabyte, naming the way to it', () => {
  const cfg = { name: 'x', table: new Float64Array(250_000) };
  const step = () => cfg.table.length;
  assert.equal(codec.encodeFunction(step).warnings, [
    'The task function `step` captures 2.0 MB, most of it through `step` -> `cfg.table`: ' +
      'send it once with client.scatter and pass the future as an argument.',
  ]);
});

test.run();
