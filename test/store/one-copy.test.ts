import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addonTest } from '../native/support.ts';
import { runJob } from '../support/run-job.ts';

const test = suite('one copy on a machine');
const JOB = new URL('./jobs/one-copy.ts', import.meta.url).pathname;

addonTest(test)('workers read a value in the same memory, and it outlives the one that had it first', async () => {
  const { code, out, err } = await runJob([JOB]);
  assert.is(code, 0, err);
  const { sums, held, copies, after } = JSON.parse(out);
  assert.equal(sums, [2_000_000, 2_000_000, 2_000_000]);
  assert.equal([held, copies], [3, 1]);
  assert.equal(after, [2, '3']);
});

test.run();
