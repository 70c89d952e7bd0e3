import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { meanOf, middle95, randomFrom, resampledMean } from '../../examples/bootstrap.ts';

const test = suite('the bootstrap of the examples');

/** The first numbers of a seed, as the 32-bit integers that they were made from. */
function draws(seed: number, count: number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => random() * 2 ** 32);
}

/** sfc32 once more, with the arithmetic of BigInt. */
function plainDraws(seed: number, count: number): number[] {
  const word = (value: bigint): bigint => BigInt.asUintN(32, value);
  let [a, b, c, counter] = [word(BigInt(seed)), 0n, 0n, 1n];
  const sums: number[] = [];
  for (let i = 0; i < 15 + count; i++) {
    const sum = word(a + b + counter++);
    [a, b, c] = [b ^ (b >> 9n), word(c + (c << 3n)), word(((c << 21n) | (c >> 11n)) + sum)];
    sums.push(Number(sum));
  }
  return sums.slice(15);
}

test('randomFrom is sfc32, of which the first 15 numbers are left out', () => {
  for (const seed of [0, 1, 12345, 2 ** 31, 2 ** 32 - 1]) assert.equal(draws(seed, 1000), plainDraws(seed, 1000));
});

test('randomFrom gives another sequence for each seed', () => {
  const sequences = Array.from({ length: 1000 }, (_, seed) => draws(seed, 3).join());
  assert.is(new Set(sequences).size, 1000);
});

test('randomFrom spreads its numbers evenly over 0 ≤ x < 1', () => {
  const counts = Array<number>(10).fill(0);
  const random = randomFrom(7);
  for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 400, `4 standard deviations are 380: ${counts}`);
});

test('meanOf is the sum divided by the number of values', () => {
  assert.is(meanOf(Int16Array.of(-3, 4, 8)), 3);
  assert.is(meanOf(Int16Array.of(1, 2)), 1.5);
});

test('resampledMean draws as many values as the sample has, each by its share of the random numbers', () => {
  const numbers = [0, 0.25, 0.999, 0.5];
  assert.is(
    resampledMean(Int16Array.of(10, 20, 30, 40), () => numbers.shift()!),
    (10 + 20 + 40 + 30) / 4,
  );
  assert.equal(numbers, []);
});

test('the means of resamples scatter by the standard error of the mean', () => {
  const sample = Int16Array.from({ length: 400 }, (_, i) => i);
  const random = randomFrom(3);
  const { low, high } = middle95(Array.from({ length: 4000 }, () => resampledMean(sample, random)));
  const standardError = Math.sqrt((400 ** 2 - 1) / 12 / 400);
  assert.ok(Math.abs(low - (199.5 - 1.96 * standardError)) < 1, `${low}`);
  assert.ok(Math.abs(high - (199.5 + 1.96 * standardError)) < 1, `${high}`);
});

test('middle95 interpolates between the values next to its ends, in whatever order they come', () => {
  const values = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);
  assert.equal(middle95(values), { low: 2.5, high: 97.5 });
  assert.equal(middle95([4]), { low: 4, high: 4 });
});

test.run();
