import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { perWorker } from 'rolecall';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Job } from '../support/run-job.ts';

const test = suite('perWorker');
const JOB = new URL('./jobs/state.ts', import.meta.url).pathname;

for (const executor of ['threads', 'processes']) {
  test(`${executor}: disposes what was made when the worker ends, the last first`, async () => {
    const job = new Job([JOB], { env: { ROLECALL_EXECUTOR: executor, OMP_NUM_THREADS: '3' } });
    const { code, out, err } = await job.end();
    assert.is(code, 0, err);
    assert.match(out, "[ 'first', 'second' ] [ '3', '3' ]");
    await job.allEnd();
    assert.is(readFileSync(join(job.cwd, 'gate'), 'utf8'), 'second, after a wait\nfirst\n');
    await job.endAndLeaveNothing();
  });
}

test('works where no worker is: the process that asks keeps it', () => {
  const state = perWorker(() => ({ uses: 0 }));
  state.get().uses++;
  assert.is(state.get().uses, 1);
  assert.is(perWorker(() => ({ uses: 0 })).get().uses, 0);
});

test.run();
