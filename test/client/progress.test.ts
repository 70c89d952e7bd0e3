import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runJob } from '../support/run-job.ts';

const JOB = fileURLToPath(new URL('./jobs/progress.ts', import.meta.url));

test('progress ends with the tasks, and says on standard error how many there were', async () => {
  const { code, out, err } = await runJob([JOB]);
  assert.is(code, 0);
  assert.is(out, 'all have ended\n');
  assert.is(err, 'half: 4 of 4 done, 1 failed\n');
});

test.run();
