import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranges } from '../../src/protocol/ranges.ts';
import { fuzzRounds, Random } from '../support/random.ts';

const test = suite('Ranges');

test('add joins neighbours and what overlaps', () => {
  const ranges = Ranges.of(0, 2);
  ranges.add(4, 2);
  assert.equal(ranges.toWire(), [0, 2, 4, 2]);
  ranges.add(2, 2);
  assert.equal(ranges.toWire(), [0, 6]);
  ranges.add(3, 10);
  assert.equal(ranges.toWire(), [0, 13]);
});

test('remove cuts a range in two', () => {
  const ranges = Ranges.of(0, 10);
  ranges.remove(3, 4);
  assert.equal(ranges.toWire(), [0, 3, 7, 3]);
  assert.is(ranges.size, 6);
});

test('add and remove of nothing change nothing', () => {
  const ranges = Ranges.of(5, 1);
  ranges.add(3, 0);
  ranges.remove(5, 0);
  assert.equal(ranges.toWire(), [5, 1]);
});

test('covers asks for all of a range, touches for any of it', () => {
  const ranges = Ranges.fromWire([2, 3, 6, 1]);
  assert.ok(ranges.covers(2, 3));
  assert.not(ranges.covers(4, 3));
  assert.ok(ranges.touches(4, 2));
  assert.not(ranges.touches(5, 1));
  assert.ok(ranges.covers(5, 0));
});

test('an empty set has no first index, no range and no end', () => {
  const ranges = new Ranges();
  assert.is(ranges.first(), -1);
  assert.is(ranges.end(), 0);
  assert.equal(ranges.firstRange(), { start: 0, count: 0 });
  assert.not(ranges.has(0));
});

test('fromWire reads ranges in any order, and ignores half a pair', () => {
  assert.equal(Ranges.fromWire([6, 1, 2, 3, 5, 1, 9]).toWire(), [2, 5]);
});

test('is what a set of numbers is, whatever is added and removed', () => {
  for (let seed = 0; seed < fuzzRounds(300); seed++) compareWithSet(new Random(seed));
});

function compareWithSet(random: Random): void {
  const ranges = new Ranges();
  const set = new Set<number>();
  for (let step = 0; step < 30; step++) {
    const start = random.below(40);
    const count = random.below(8);
    const isAdd = random.below(3) > 0;
    if (isAdd) ranges.add(start, count);
    else ranges.remove(start, count);
    for (let i = start; i < start + count; i++) isAdd ? set.add(i) : set.delete(i);
    checkSame(
      ranges,
      [...set].sort((a, b) => a - b),
      random,
    );
  }
}

function checkSame(ranges: Ranges, expected: readonly number[], random: Random): void {
  assert.equal([...ranges.indices()], expected);
  assert.is(ranges.size, expected.length);
  assert.is(ranges.first(), expected[0] ?? -1);
  assert.is(ranges.end(), expected.length === 0 ? 0 : (expected.at(-1) as number) + 1);
  assert.equal(Ranges.fromWire(ranges.toWire()).toWire(), ranges.toWire());
  const bounds = [...ranges.pairs()].flatMap(([start, count]) => [start, start + count]);
  assert.ok(
    bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] as number)),
    'ranges touch or are not sorted',
  );
  const start = random.below(45);
  const count = 1 + random.below(6);
  const asked = Array.from({ length: count }, (_, i) => expected.includes(start + i));
  assert.is(ranges.has(start), asked[0]);
  assert.is(ranges.covers(start, count), asked.every(Boolean));
  assert.is(ranges.touches(start, count), asked.some(Boolean));
}

test.run();
