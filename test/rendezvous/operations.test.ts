import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pausesOf } from '../../src/runners/rendezvous/wait.ts';
import { COUNT_OPERATIONS, sumOf, takeCounts } from '../support/count-operations.ts';
import { Ranks } from '../support/ranks.ts';
import type { Job } from '../support/run-job.ts';

const test = suite('operations of a rank in the folder where all meet');
const MOST = 20;
/** For a scheduler that is so late, a rank does not do more. */
const LATE_MS = 18_000;

/** How often a rank looks for a scheduler that is so late. */
function looksWithin(ms: number, rank: number): number {
  let looks = 0;
  let at = 0;
  for (const pauses = pausesOf(rank); at <= ms; at += pauses.next().value) looks++;
  return looks;
}

/** The most that any of a thousand ranks looks. */
function mostLooks(ms: number): number {
  return Math.max(...Array.from({ length: 1000 }, (_, rank) => looksWithin(ms, rank)));
}

test('pausesOf: most looks are in the first half second', () => {
  assert.equal([500, 2000, LATE_MS, 60_000].map(mostLooks), [9, 11, 15, 23]);
});

/** The end of a rank, and what it did. */
async function counted(job: Job, rank: number): Promise<Record<string, number> | undefined> {
  const { code, err } = await job.end();
  assert.is(code, 0, err);
  const counts = takeCounts(job.cwd).get(rank);
  await job.endAndLeaveNothing();
  return counts;
}

const JOB = ['--import', COUNT_OPERATIONS, new URL('../ends/jobs/end.ts', import.meta.url).pathname];

test('a worker that waits for long: one for each look, and a few for its note', async () => {
  await using ranks = new Ranks(3, JOB);
  const worker = ranks.start(2, { ROLECALL_START_TIMEOUT_MS: '6000' });
  await worker.until(() => ranks.left.some((name) => name.includes('waits-2')), 'the note of the worker that it waits');
  const [counts] = await Promise.all([counted(worker, 2), counted(ranks.start(0), 0), counted(ranks.start(1), 1)]);
  const { readdirSync: looks = 0, ...others } = counts ?? {};
  assert.ok(looks <= mostLooks(LATE_MS), `it looked ${looks} times`);
  const madeFolder = { writeFileSync: 1, mkdirSync: 1 };
  const { writeFileSync, mkdirSync, ...rest } = others;
  assert.equal({ writeFileSync, mkdirSync }, { ...madeFolder, writeFileSync: 2 }, 'it came first');
  assert.equal(rest, { unlinkSync: 1, readFileSync: 1 });
  assert.ok(mostLooks(LATE_MS) + sumOf(others) - sumOf(madeFolder) <= MOST);
});

test('ranks that find the scheduler at once', async () => {
  await using ranks = new Ranks(4, JOB);
  const scheduler = ranks.start(0);
  await scheduler.until(() => ranks.left.some((name) => name.endsWith('contact.json')), 'the contact');
  const jobs = [scheduler, ranks.start(1), ranks.start(2), ranks.start(3)];
  const [first, client, ...workers] = await Promise.all(jobs.map(counted));
  const wrote = { openSync: 1, linkSync: 1, unlinkSync: 1 };
  assert.equal(first, { mkdirSync: 1, readdirSync: 2, ...wrote, existsSync: 1, readFileSync: 1, rmSync: 1 });
  assert.equal(client, { readdirSync: 2, readFileSync: 1, writeFileSync: 1 });
  const { readdirSync: _, ...met } = client ?? {};
  const note = 2; // made and removed by a rank that waits for long
  assert.ok(mostLooks(LATE_MS) + sumOf(met) + 1 + note <= MOST, 'a client that has waited');
  assert.equal(workers, [
    { readdirSync: 1, readFileSync: 1 },
    { readdirSync: 1, readFileSync: 1 },
  ]);
});

test.run();
