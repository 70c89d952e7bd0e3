import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fewLines } from '../../src/transport/few-lines.ts';

const test = suite('fewLines');

test('a hundred thousand refusals are a few lines', () => {
  const said: string[] = [];
  const refused = fewLines((text) => said.push(text));
  for (let i = 0; i < 100_000; i++) refused(new Error(`caller ${i}`));
  assert.is(said.length, 20);
  assert.is(said[0], 'caller 0');
});

test.run();
