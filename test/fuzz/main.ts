/**
 * `npm run fuzz [-- --minutes 10] [--inputs 1000000] [--only values] [--seed 1]`: the decoders with more inputs than the tests have.
 * The seed of a fault is said; `--seed <it> --inputs 1` brings it again.
 */
import { parseArgs } from 'node:util';
import { DECODERS } from './decoders.ts';
import { fuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    inputs: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string' },
  },
});
const chosen = DECODERS.filter(({ name }) => name.includes(values.only ?? ''));
const minutes = Number(values.minutes ?? (values.inputs === undefined ? 1 : Number.POSITIVE_INFINITY));
const limits = {
  seed: Number(values.seed ?? Date.now() % 2 ** 31),
  inputs: Number(values.inputs ?? Number.POSITIVE_INFINITY),
  ms: (minutes * 60_000) / chosen.length,
};

console.log(`seed ${limits.seed}`);
for (const decoder of chosen) {
  try {
    const { inputs, refused, slowestMs, grownBytes, seconds } = fuzz(decoder, limits);
    const share = Math.round((100 * refused) / inputs);
    const grown = (grownBytes / 2 ** 20).toFixed(1);
    const figures = `${share} % refused, slowest ${slowestMs.toFixed(1)} ms, grown ${grown} MiB, ${seconds.toFixed(1)} s`;
    console.log(`${decoder.name.padEnd(32)} ${inputs.toLocaleString('en').padStart(12)} inputs, ${figures}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
