import { isDeepStrictEqual } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EncodeOptions, ValueCodec } from '../../src/values/codec.ts';
import { TAG } from '../../src/values/tags.ts';
import { RandomValues } from './support/random-values.ts';

const test = suite('values that go round');
const codec = new ValueCodec();
const OPTIONS: EncodeOptions = { what: 'a value', code: 'ERR_UNSERIALISABLE_ARGUMENT' };
const roundTrip = <Value>(value: Value, by = codec): Value => by.decode(by.encode(value, OPTIONS)) as Value;

test('random plain data', () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const value = new RandomValues(seed).value(5);
    const bytes = codec.encode(value, OPTIONS);
    assert.ok(isDeepStrictEqual(codec.decode(bytes), value), `seed ${seed} came back different`);
  }
});

test('the same random data as part of a graph', () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const value = new RandomValues(seed).value(5);
    const { value: back } = roundTrip({ value, forcesGraph: Symbol.iterator });
    assert.ok(isDeepStrictEqual(back, value), `seed ${seed} came back different`);
  }
});

test('each primitive has an encoding of its own', () => {
  const expected = [
    [undefined, 1],
    [null, 1],
    [true, 1],
    [false, 1],
    [5, 5],
    [-(2 ** 31), 5],
    [2 ** 31, 9],
    [-0, 9],
    [1.5, 9],
    ['', 1],
    ['abc', 4],
    ['ä', 3],
  ] as const;
  for (const [value, length] of expected) {
    assert.is(codec.encode(value, OPTIONS).length, length, String(value));
    assert.ok(Object.is(roundTrip(value), value), String(value));
  }
});

test('texts of every length and kind', () => {
  for (const letter of ['a', 'é', '日', '😀', '\udc00']) {
    for (const length of [1, 23, 24, 25, 4095, 4096, 4097, 10_000]) {
      const text = letter.repeat(length);
      assert.is(roundTrip(text), text);
    }
  }
});

test('an own property named __proto__ is defined, never assigned', () => {
  const hostile = JSON.parse('{"a":1,"__proto__":{"polluted":true}}') as Record<string, unknown>;
  for (const value of [hostile, { hostile, forcesGraph: Symbol.iterator }]) {
    const back = roundTrip(value) as { hostile?: object };
    const inner = back.hostile ?? back;
    assert.is(Object.getPrototypeOf(inner), Object.prototype);
    assert.ok(Object.hasOwn(inner, '__proto__'));
    assert.is((inner as { polluted?: boolean }).polluted, undefined);
  }
  assert.is(({} as { polluted?: boolean }).polluted, undefined);
});

test('what is encoded is a snapshot, and every decoding is fresh', () => {
  const value = { list: [1], data: new Uint8Array([1, 2]) };
  const bytes = codec.encode(value, OPTIONS);
  value.list.push(2);
  value.data[0] = 9;
  const [first, second] = [codec.decode(bytes), codec.decode(bytes)] as [typeof value, typeof value];
  assert.equal(first, { list: [1], data: new Uint8Array([1, 2]) });
  first.data[0] = 7;
  assert.is(second.data[0], 1);
  assert.is((codec.decode(bytes) as typeof value).data[0], 1);
});

test('a deep list does not overflow the stack where the serialiser does', () => {
  let deep: { next: unknown } = { next: null };
  for (let i = 0; i < 100_000; i++) deep = { next: deep };
  let back = roundTrip(deep) as { next: unknown } | null;
  let length = 0;
  for (; back !== null; back = back.next as typeof back) length++;
  assert.is(length, 100_001);
});

test('a sparse array stays sparse', () => {
  const sparse: unknown[] = [];
  sparse[5e6] = 'end';
  for (const value of [sparse, Object.assign([...sparse.slice(0, 0)], { 5000000: 'end' })]) {
    const bytes = codec.encode([value, Symbol.iterator], OPTIONS);
    assert.ok(bytes.length < 1000);
    const [back] = codec.decode(bytes) as [unknown[]];
    assert.equal([back.length, back[5e6]], [5_000_001, 'end']);
  }
});

test('boxed values, null prototypes, accessors and flags of graphs', () => {
  const value = {
    keep: Symbol.for('graph'),
    boxed: Object('text') as object,
    bare: Object.create(null) as object,
    frozen: Object.defineProperty({}, 'fixed', { value: 1 }),
    get twice() {
      return 2;
    },
  };
  const back = roundTrip(value);
  assert.is(Object.getPrototypeOf(back.bare), null);
  assert.equal(
    Object.getOwnPropertyDescriptor(back.frozen, 'fixed'),
    Object.getOwnPropertyDescriptor(value.frozen, 'fixed'),
  );
  assert.type(Object.getOwnPropertyDescriptor(back, 'twice')!.get, 'function');
  assert.is(`${back.boxed}`, 'text');
});

test('URL, URLSearchParams and DOMException', () => {
  const back = roundTrip({
    url: new URL('http://a/b?c'),
    search: new URLSearchParams('a=1'),
    e: new DOMException('m', 'AbortError'),
  });
  assert.is(back.url.href, 'http://a/b?c');
  assert.is(back.search.get('a'), '1');
  assert.equal([back.e.name, back.e.message, back.e instanceof DOMException], ['AbortError', 'm', true]);
});

test('primitives and plain data do not take the way of graphs', () => {
  const plain = { a: [1, { b: new Map([[1, new Set(['x'])]]) }], c: new Date(0), d: null };
  assert.is(codec.encode(plain, OPTIONS)[0], TAG.plain);
  assert.is(codec.encode([new Uint8Array(1)], OPTIONS)[0], TAG.framedPlain);
  assert.is(codec.encode([new Error('x')], OPTIONS)[0], TAG.graph);
});

test('structures full of cycles and shared objects are looked at in time', () => {
  let shared: unknown = {};
  for (let i = 0; i < 60; i++) shared = { left: shared, both: [shared, shared], map: new Map([[shared, shared]]) };
  const ring: Record<string, unknown>[] = Array.from({ length: 5000 }, () => ({ leaf: {} }));
  ring.forEach((node, i) => {
    Object.assign(node, { next: ring[(i + 1) % ring.length], previous: ring.at(i - 1) });
  });
  assert.is(codec.encode(shared, OPTIONS)[0], TAG.plain);
  const back = roundTrip(ring); // too deep for the serialiser, and so a graph
  assert.is(back[0]!['previous'], back.at(-1));
});

test('handles are asked for, and resolved', () => {
  const brand = Symbol.for('rolecall.handle');
  const future = Object.create({ [brand]: true }) as object;
  const array = new Proxy([1, 2], {
    getPrototypeOf: () => ({}),
    get: (target, key) => key === brand || Reflect.get(target, key),
  });
  const bytes = codec.encode(
    { list: [future, array, future] },
    { ...OPTIONS, handle: (object) => (object === future ? 0 : 1) },
  );
  assert.equal(codec.decode(bytes, { resolve: (handle) => `value ${handle}` }), {
    list: ['value 0', 'value 1', 'value 0'],
  });
  assert.throws(() => codec.encode([future], OPTIONS), /`\[0\]` is a Future; pass it as an argument/);
});

test.run();
