// deadline: 120 s
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranks } from '../support/ranks.ts';
import { type Job, type JobEnd, messagesIn } from '../support/run-job.ts';

const test = suite('workers that have met the scheduler and not joined it when it ends');
const JOB = new URL('./jobs/stages.ts', import.meta.url).pathname;
const DURING = ['at-during-1', 'at-during-2', 'at-during-3'];

interface Scene {
  readonly jobs: readonly Job[];
  readonly ranks: Ranks;
  /** Lets the workers join. */
  readonly go: () => void;
}

/** Ranks of which the workers know where the scheduler is, and are held back from joining it. */
async function halfJoined(play: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stage-'));
  await using ranks = new Ranks(4, [JOB, folder, 'during', '0', 'SIGTERM']);
  try {
    const jobs = ranks.startAll();
    const areThere = (): boolean => DURING.every((mark) => existsSync(join(folder, mark)));
    await jobs[1]?.until(areThere, `the files ${DURING}`);
    await play({ jobs, ranks, go: () => writeFileSync(join(folder, 'hold'), '') });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The ends of the workers, which must come soon. */
async function workersEnd({ jobs, go }: Scene): Promise<JobEnd[]> {
  go();
  const startedAt = performance.now();
  const ends = await Promise.all(jobs.slice(2).map((job) => job.endAndLeaveNothing()));
  const ms = Math.round(performance.now() - startedAt);
  assert.ok(ms < 5000, `it took ${ms} ms`);
  return ends;
}

test('the scheduler was told to end, and nothing is left of it: they end', () =>
  halfJoined(async (scene) => {
    const [scheduler, client] = scene.jobs as [Job, Job];
    scheduler.child.kill('SIGTERM');
    assert.is((await scheduler.endAndLeaveNothing()).code, 0);
    assert.is((await client.endAndLeaveNothing()).code, 1);
    assert.equal(scene.ranks.left, []);
    for (const { code, err } of await workersEnd(scene)) assert.equal([code, err], [0, '']);
  }));

test('scheduler and client were killed, so that nobody leaves word: they end, and tidy up', () =>
  halfJoined(async (scene) => {
    const both = scene.jobs.slice(0, 2);
    for (const job of both) job.child.kill('SIGSTOP'); // so that neither does anything any more
    for (const job of both) job.child.kill('SIGKILL');
    for (const job of both) await job.end();
    for (const { code, err } of await workersEnd(scene)) assert.equal([code, messagesIn(err)], [0, []], err);
    assert.equal(scene.ranks.left, []);
  }));

test.run();
