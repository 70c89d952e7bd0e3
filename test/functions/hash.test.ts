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

test('is found again for a function that captures nothing, made anew', () => {
  const make = () => (x: number) => x + 1;
  const [first, second] = [codec.encodeFunction(make()), codec.encodeFunction(make())];
  assert.is(first, second);
});

test('is not taken from a function with the same text that captures something else, is named otherwise, or has properties', () => {
  const make = (value: number) => () => value;
  hashOf(make(1));
  hashOf(make(1));
  assert.is.not(hashOf(make(1)), hashOf(make(2)));
  const one = (x: number) => x;
  const other = (x: number) => x;
  assert.is.not(hashOf(one), hashOf(other));
  const plain = () => (x: number) => x * 3;
  assert.is.not(hashOf(plain()), hashOf(Object.assign(plain(), { extra: 1 })));
});

declare const offsetOfTest: number;

test('is not taken from a function whose names were global where it stood', () => {
  Object.assign(globalThis, { offsetOfTest: 7 });
  const local = () => offsetOfTest;
  hashOf(local);
  hashOf(local);
  const shadowed = (
    (offsetOfTest: number) => () =>
      offsetOfTest
  )(14);
  assert.is((codec.decode(codec.encodeFunction(shadowed).bytes) as () => number)(), 14);
});

test('is made of 32 hexadecimal digits', () => {
  assert.match(hashOf(makeStep(1, 1)), /^[0-9a-f]{32}$/);
});

test.run();
