import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ValueCodec } from '../../src/values/codec.ts';

const test = suite('the hash of a function');
const codec = new ValueCodec();

class Model {
  static made = 0;
  readonly weight: number;
  constructor(weight: number) {
    this.weight = weight;
    Model.made++;
  }
}

function makeStep(scale: number, extra: unknown) {
  return (x: number) => [x * scale, extra, new Model(scale).weight];
}
const hashOf = (fn: unknown, by = codec) => by.encodeFunction(fn).hash;

test('is the same for the same source with equal captured values', () => {
  const extra = () => ({ list: [1, 2], map: new Map([['a', Buffer.from('pooled')]]), view: new Float32Array(3) });
  assert.is(hashOf(makeStep(2, extra())), hashOf(makeStep(2, extra())));
});

test('is the same in another process that captures the same', () => {
  assert.is(hashOf(makeStep(2, 'x')), hashOf(makeStep(2, 'x'), new ValueCodec()));
});

test('differs when a captured value differs', () => {
  assert.is.not(hashOf(makeStep(2, 'x')), hashOf(makeStep(3, 'x')));
  assert.is.not(hashOf(makeStep(2, 'x')), hashOf(makeStep(2, 'y')));
});

test('does not depend on how V8 holds a number or a string', () => {
  const [half] = new Float64Array([0.5]);
  const sliced = 'ä step of it'.slice(2);
  assert.is(hashOf(makeStep(1, 'step of it')), hashOf(makeStep(half! + half!, sliced)));
});

test('is made of 32 hexadecimal digits', () => {
  assert.match(hashOf(makeStep(1, 1)), /^[0-9a-f]{32}$/);
});

test.run();
