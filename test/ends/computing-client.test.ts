import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranks } from '../support/ranks.ts';
import { type Job, messagesIn, summariesIn } from '../support/run-job.ts';

const test = suite('a client that computes while its scheduler ends, and has no connection yet');
const JOB = new URL('./jobs/computing.ts', import.meta.url).pathname;

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`${signal}: it says that it cannot reach it, sums up, and nothing is left`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'computing-'));
    await using ranks = new Ranks(3, [JOB, folder]);
    try {
      const jobs = ranks.startAll();
      const [scheduler, client] = jobs as [Job, Job];
      await client.until(() => existsSync(join(folder, 'met')), 'the client to meet the scheduler');
      scheduler.child.kill(signal);
      const { err: said } = await scheduler.end();
      writeFileSync(join(folder, 'go'), '');
      const ends = await Promise.all(jobs.map((job) => job.endAndLeaveNothing()));
      const { code, err } = ends[1] as (typeof ends)[number];
      assert.equal([code, ends[2]?.code, ends[2]?.err], [1, 0, '']);
      assert.is(messagesIn(said).length, signal === 'SIGTERM' ? 1 : 0, said); // nobody could hear why
      assert.equal(messagesIn(err).length, 1, err);
      assert.match(
        err,
        /RolecallError: Cannot reach the scheduler \(on .*, pid \d+\): Cannot connect to tls:.*ECONNREFUSED/,
      );
      assert.match(summariesIn(err)[0] ?? '', / {2}lost {4}rank 0 .*\n {2}undone {2}one task /);
      assert.equal(ranks.left, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
