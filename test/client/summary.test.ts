import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RunStory } from '../../src/client/run-story.ts';
import { type RunFacts, rankText, summaryOf } from '../../src/client/summary.ts';
import { ValueCodec } from '../../src/values/codec.ts';

const test = suite('the summary of a run that ended badly');
const START = new Date(2026, 10, 25, 14, 2, 28).getTime();
const FACTS: RunFacts = {
  startedAt: START,
  endedAt: START + 41_000,
  code: 1,
  lost: [],
  lostMore: 0,
  tasks: [],
  logDirectory: undefined,
};
const codec = new ValueCodec();

function lostRank(rank: number, why = 'it was told to end (SIGTERM)') {
  return { who: rankText('worker', rank, `on node1, pid ${rank}`), why, time: START + 39_200 };
}

function story(): RunStory {
  return new RunStory({ run: 'r', startedAt: START, logDirectory: undefined });
}

function failure(error: unknown, about: Partial<{ code: string; worker: string }> = {}) {
  const bytes = error === undefined ? new Uint8Array() : codec.encodeError(error);
  const failed = { code: null, error: bytes, task: 'fit[7]', worker: '3', attempt: 1, ...about };
  return { failure: failed, codec };
}

test('summaryOf: nothing to tell', () => {
  assert.is(summaryOf(FACTS), undefined);
  assert.is(summaryOf({ ...FACTS, tasks: [{ name: 'fit', failed: 0, firstError: '', unfinished: 0 }] }), undefined);
});

test('summaryOf: ranks, tasks and logs', () => {
  const tasks = [
    { name: 'fit', failed: 3, firstError: 'fit[7] on worker 3: RangeError: too large', unfinished: 90 },
    { name: 'plot', failed: 1, firstError: '', unfinished: 1 },
  ];
  const text = summaryOf({ ...FACTS, lost: [lostRank(2)], tasks, logDirectory: '/logs' });
  assert.equal(text?.split('\n'), [
    'rolecall: summary: the run ended badly (exit code 1) at 14:03:09, 41.0 s after the start',
    '  lost    rank 2 (worker on node1, pid 2) at 14:03:07, 39.2 s after the start: it was told to end (SIGTERM)',
    '  failed  3 tasks `fit`; the first: fit[7] on worker 3: RangeError: too large',
    '  failed  one task `plot`',
    '  undone  90 tasks `fit`, which had not ended',
    '  undone  one task `plot`, which had not ended',
    '  logs    of each rank: /logs/rank-<number>.jsonl',
    '',
  ]);
});

test('summaryOf: bounded, whatever ranks and errors say', () => {
  const lost = Array.from({ length: 100 }, (_, rank) => lostRank(rank, `first line\n${'x'.repeat(10_000)}\nlast line`));
  const tasks = lost.map(({ who }) => ({ name: who, failed: 1, firstError: 'e', unfinished: 1 }));
  const lines = summaryOf({ ...FACTS, lost, lostMore: 7, tasks })?.split('\n') ?? [];
  assert.is(lines.length, 3 * 9 + 3);
  assert.ok(lines.every((line) => line.length <= 300));
  assert.ok(
    lines.includes('  lost    99 more ranks') && lines.includes('  failed  92 more names of tasks'),
    String(lines),
  );
});

test('rankText: ranks have numbers, workers that were started by hand a name, a scheduler elsewhere neither', () => {
  assert.is(rankText('worker', '2', 'on a, pid 1'), 'rank 2 (worker on a, pid 1)');
  assert.is(rankText('worker', 'first', 'on a, pid 1'), 'worker first (on a, pid 1)');
  assert.is(rankText('scheduler', undefined, 'on a, pid 1'), 'scheduler (on a, pid 1)');
});

test('RunStory: tasks that failed, and their first error', () => {
  const told = story();
  told.tasksFailed('fit', 2, failure(new RangeError('too large')));
  told.tasksFailed('fit', 1, failure(new Error('another')));
  told.tasksFailed('load', 1, failure(undefined, { code: 'ERR_NO_WORKERS', worker: 'worker 3 on node1 (pid 9)' }));
  told.tasksFailed('big', 1, failure(new Error('x'.repeat(100_000)), { code: 'ERR_X' }));
  const [fit, load, big] = told.facts(1).tasks;
  assert.equal(fit, {
    name: 'fit',
    failed: 3,
    firstError: 'fit[7] on worker 3: RangeError: too large',
    unfinished: 0,
  });
  assert.match(load?.firstError ?? '', /^Task `fit\[7\]` cannot run: every worker is gone/);
  assert.ok((big?.firstError.length ?? 0) < 1000, 'a large error is not kept');
});

test('RunStory: what was retried has not failed, unless it does so again', () => {
  const told = story();
  told.tasksFailed('fit', 2, failure(new Error('e')));
  told.tasksRetried('fit', 1);
  assert.is(told.facts(1).tasks[0]?.failed, 1);
  told.tasksRetried('fit', 1);
  assert.equal(told.facts(1).tasks, []);
});

test('RunStory: what clients have not finished, those that have left too; each rank counts once', () => {
  const told = story();
  const counts = [new Map([['fit', 3]]), new Map([['fit', 4]])];
  const clients = counts.map((count) => ({ unfinished: () => count }));
  for (const client of clients) told.join(client);
  told.leave(clients[0] as (typeof clients)[number]);
  for (let i = 0; i < 2; i++) told.rankLost(lostRank(2));
  const { tasks, lost } = told.facts(1);
  assert.equal(
    tasks.map(({ name, unfinished }) => [name, unfinished]),
    [['fit', 7]],
  );
  assert.is(lost.length, 1);
});

test('RunStory: bounded', () => {
  const told = story();
  for (let i = 0; i < 10_000; i++) {
    told.rankLost(lostRank(i));
    told.tasksFailed(`t${i}`, 1, failure(new Error('e')));
  }
  const { lost, lostMore, tasks } = told.facts(1);
  assert.equal([lost.length, lostMore, tasks.length], [100, 9900, 1000]);
});

test.run();
