import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutLastWords } from '../../src/cli/run-dragon.ts';

const test = suite("the launcher's last words");
const WORDS = '+++ head proc exited, code 0\n';

/** What is left of chunks that came one by one. */
function left(chunks: readonly string[]): Promise<string> {
  return text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(withoutLastWords()));
}

test('are taken out, wherever the chunks are cut and whatever stands before them', async () => {
  const whole = `rank 1: häl+lo\nno end of line${WORDS}`;
  for (let at = 0; at <= whole.length; at++) {
    assert.is(await left([whole.slice(0, at), whole.slice(at)]), 'rank 1: häl+lo\nno end of line', `cut at ${at}`);
  }
});

test('what only begins like them stays', async () => {
  for (const output of ['', '+', 'a ++', '+++ head', '+++ head proc exited, code x\n', 'a+++b\n'])
    assert.is(await left([output]), output);
});

test('output is passed on at once', async () => {
  const stream = withoutLastWords();
  stream.write(Buffer.from('50 %\r'));
  assert.is(String(stream.read()), '50 %\r');
  stream.destroy();
});

test.run();
