import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLI, Job, type JobEnd, messagesIn } from '../support/run-job.ts';

const test = suite('a signal to a job');
const JOB = new URL('./jobs/busy.ts', import.meta.url).pathname;
const ALONE = [JOB];
const UNDER_RUN = [CLI, 'run', '-n', '4', JOB];

/** Starts a job, sends the signal when its tasks are running, and checks that all ends soon and nothing is left. */
async function interrupt(words: readonly string[], send: (job: Job, client: number) => void): Promise<JobEnd> {
  const job = new Job(words);
  const [, client] = await job.printed(/client is (\d+)/);
  await job.printed(/started/);
  const startedAt = performance.now();
  send(job, Number(client));
  const end = await job.endAndLeaveNothing();
  const ms = performance.now() - startedAt;
  assert.ok(ms < 5000, `it took ${Math.round(ms)} ms`);
  return end;
}

test('alone: Ctrl-C ends it as any program, without a word', async () => {
  const end = await interrupt(ALONE, (job) => job.signalGroup('SIGINT'));
  assert.is(end.signal, 'SIGINT');
  assert.equal(messagesIn(end.err), []);
});

test('alone: SIGINT to the client alone ends all', async () => {
  const end = await interrupt(ALONE, (job) => job.child.kill('SIGINT'));
  assert.is(end.signal, 'SIGINT');
  assert.is(messagesIn(end.err).length, 1, end.err);
  assert.match(
    end.err,
    /The client \(rank 1, .*\) ended without leaving its block|the process that started it is gone/,
  );
});

for (const to of ['the client alone', 'the whole group'] as const) {
  test(`alone: SIGTERM to ${to} ends all, and says so once`, async () => {
    const end = await interrupt(ALONE, (job) =>
      to === 'the client alone' ? job.child.kill('SIGTERM') : job.signalGroup('SIGTERM'),
    );
    assert.is(end.signal, 'SIGTERM');
    assert.is(messagesIn(end.err).length, 1, end.err);
  });
}

test('under rolecall run: Ctrl-C ends it with 130, without a word', async () => {
  const end = await interrupt(UNDER_RUN, (job) => job.signalGroup('SIGINT'));
  assert.is(end.code, 130);
  assert.equal(messagesIn(end.err), []);
});

test('under rolecall run: SIGINT to the client alone ends all with its code', async () => {
  const end = await interrupt(UNDER_RUN, (_job, client) => process.kill(client, 'SIGINT'));
  assert.is(end.code, 130);
  assert.is(messagesIn(end.err).length, 1, end.err);
});

test('under rolecall run: SIGTERM to it alone is passed on to the ranks', async () => {
  const end = await interrupt(UNDER_RUN, (job) => job.child.kill('SIGTERM'));
  assert.is(end.code, 143);
  assert.is(messagesIn(end.err).length, 1, end.err);
});

test.run();
