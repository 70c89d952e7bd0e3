import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fuzzRounds } from '../support/random.ts';
import { DECODERS } from './decoders.ts';
import { fuzz } from './fuzz.ts';

const test = suite('decoders, with inputs that are nearly right');

for (const decoder of DECODERS) {
  test(decoder.name, () => {
    const { inputs, refused } = fuzz(decoder, { seed: 1, inputs: fuzzRounds(5000), ms: 1000 });
    assert.ok(inputs > 100, `only ${inputs} inputs`);
    if (decoder.codes.source !== '^never$') assert.ok(refused > 0, 'nothing was refused');
    if (decoder.isAlwaysWrong !== true) assert.ok(refused < inputs, 'all of it was refused');
  });
}

test.run();
