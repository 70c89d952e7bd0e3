/**
 * The bootstrap answers how sure a mean is. Draw as many values from a sample as it has, with replacement; do so many
 * times. The means of these resamples scatter as the means of other samples from the same world would.
 *
 * Every function here depends on its arguments alone, so that the same seed gives the same numbers on every machine.
 */

/** Gives the next of a sequence of numbers that are evenly spread over 0 ≤ x < 1. */
export type Random = () => number;

/** The two ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The generator sfc32: a sequence of its own for each integer. It calculates with integers only, and so is exact. */
export function randomFrom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, 0, 0, 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next(); // until neighbouring seeds have nothing in common
  return next;
}

/** The mean of a sample. Its sum is one of integers, and so does not depend on their order. */
export function meanOf(sample: Int16Array): number {
  return sample.reduce((sum, value) => sum + value, 0) / sample.length;
}

/** The mean of one resample: as many values as the sample has, drawn from it with replacement. */
export function resampledMean(sample: Int16Array, random: Random): number {
  let sum = 0;
  for (let i = 0; i < sample.length; i++) sum += sample[Math.floor(random() * sample.length)]!;
  return sum / sample.length;
}

/** The interval that holds the middle 95 % of the values; its ends are interpolated between neighbouring values. */
export function middle95(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place % 1);
}
