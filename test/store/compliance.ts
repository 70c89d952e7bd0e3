import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranges } from '../../src/protocol/ranges.ts';
import { packStored, type Store } from '../../src/store/store.ts';
import { fuzzRounds, Random } from '../support/random.ts';

/** What every store must do, as a suite for the stores that `make` makes. */
export function storeCompliance(name: string, make: () => Store): void {
  const test = suite(`${name} as a store`);
  testKeeping(test, make);
  testDeleting(test, make);
  testPacking(test, make);
  test.run();
}

/** Values of one byte each. */
function values(...bytes: number[]): { bytes: Uint8Array; ends: Uint32Array } {
  return { bytes: Uint8Array.from(bytes), ends: Uint32Array.from(bytes, (_, i) => i + 1) };
}

function testKeeping(test: Test, make: () => Store): void {
  test('keeps values by array and index', () => {
    const store = make();
    store.add(1, 5, values(10, 11));
    assert.equal(store.get(1, 6), Uint8Array.of(11));
    assert.is(store.get(1, 7), undefined);
    assert.is(store.get(2, 5), undefined);
    assert.ok(store.hasAll(1, 5, 2));
    assert.not(store.hasAll(1, 5, 3));
    assert.not(store.hasAll(2, 5, 1));
  });

  test('keeps empty values', () => {
    const store = make();
    store.add(1, 0, { bytes: new Uint8Array(), ends: Uint32Array.of(0, 0) });
    assert.is(store.get(1, 1)?.byteLength, 0);
  });

  test('takes what was added last in the place of what was there', () => {
    const store = make();
    store.add(1, 2, values(12, 13));
    store.add(1, 1, values(21, 22, 23));
    assert.equal(
      [1, 2, 3].map((i) => store.get(1, i)?.[0]),
      [21, 22, 23],
    );
    assert.is(store.byteLength, 3);
  });
}

function testDeleting(test: Test, make: () => Store): void {
  test('lets go of a block once all of it is deleted', () => {
    const store = make();
    store.add(1, 0, values(1, 2, 3));
    store.delete(1, Ranges.of(0, 2));
    assert.is(store.byteLength, 3);
    assert.is(store.get(1, 1), undefined);
    store.delete(1, Ranges.of(2, 5));
    assert.is(store.byteLength, 0);
  });

  test('deletes all of an array, and nothing of the others', () => {
    const store = make();
    store.add(1, 0, values(1, 2));
    store.add(1, 7, values(3));
    store.add(2, 0, values(4));
    store.delete(1, null);
    store.delete(3, null);
    assert.is(store.byteLength, 1);
    assert.ok(store.hasAll(2, 0, 1));
  });

  test('is what a map is, whatever is added and deleted', () => {
    for (let seed = 0; seed < fuzzRounds(300); seed++) compareWithMap(make(), new Random(seed));
  });

  test('deletes a hundred thousand values one by one in a short time', () => {
    const store = make();
    for (let i = 0; i < 100_000; i++) store.add(1, i, values(1));
    for (let i = 99_999; i >= 0; i--) store.delete(1, Ranges.of(i, 1));
    assert.is(store.byteLength, 0);
  });
}

function testPacking(test: Test, make: () => Store): void {
  test('packStored takes the values of several blocks, or none if one is missing', () => {
    const store = make();
    store.add(1, 0, values(1, 2));
    store.add(1, 2, values(3));
    assert.equal(packStored(store, 1, { start: 1, count: 2 }), values(2, 3));
    assert.is(packStored(store, 1, { start: 1, count: 3 }), undefined);
  });

  test('packStored takes one value at least, and stops when they are more than asked for', () => {
    const store = make();
    store.add(1, 0, values(1, 2, 3, 4));
    assert.equal(packStored(store, 1, { start: 0, count: 4 }, 2), values(1, 2));
    assert.equal(packStored(store, 1, { start: 0, count: 4 }, 0), values(1));
  });
}

function compareWithMap(store: Store, random: Random): void {
  const map = new Map<number, number>();
  for (let step = 0; step < 30; step++) {
    const start = random.below(20);
    const count = 1 + random.below(6);
    if (random.below(2) === 0) {
      const bytes = Array.from({ length: count }, () => random.below(256));
      store.add(1, start, values(...bytes));
      bytes.forEach((byte, i) => map.set(start + i, byte));
    } else {
      store.delete(1, Ranges.of(start, count));
      for (let i = 0; i < count; i++) map.delete(start + i);
    }
    for (let i = 0; i < 26; i++) assert.is(store.get(1, i)?.[0], map.get(i));
    const has = Array.from({ length: count }, (_, i) => map.has(start + i));
    assert.is(store.hasAll(1, start, count), has.every(Boolean));
    assert.is(store.byteLength === 0, map.size === 0);
  }
}
