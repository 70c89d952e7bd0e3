import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranks } from '../support/ranks.ts';
import type { Job, JobEnd } from '../support/run-job.ts';

const test = suite('a rank that is missing or late');
const JOB = new URL('../ends/jobs/end.ts', import.meta.url).pathname;
const SHORT = { ROLECALL_START_TIMEOUT_MS: '2000' };

async function ends(first: Job, second: Job): Promise<[JobEnd, JobEnd]> {
  return Promise.all([first.endAndLeaveNothing(), second.endAndLeaveNothing()]);
}

test('without the scheduler, all other ranks give up, and the client says what for it waited', async () => {
  await using ranks = new Ranks(3, [JOB]);
  const waiting = ranks.start(2, { ROLECALL_START_TIMEOUT_MS: '8000' });
  await waiting.until(
    () => ranks.left.some((name) => name.includes('waits-2')),
    'the note of the worker that it waits',
  );
  const [client, worker] = await ends(ranks.start(1, SHORT), waiting);
  const text = /Waited 2000 ms \(startTimeoutMs\) for the scheduler \(rank 0\) to publish its address in .*\.rolecall-/;
  assert.is(client.code, 1);
  assert.match(client.err, text);
  assert.match(client.err, "code: 'ERR_DEADLINE'");
  assert.equal([worker.code, worker.err], [0, '']);
  assert.equal(ranks.left, []);
});

test('without scheduler and client, one worker says it for all', async () => {
  await using ranks = new Ranks(4, [JOB]);
  const workers = await ends(ranks.start(2, SHORT), ranks.start(3, SHORT));
  assert.equal(workers.map(({ code }) => code).sort(), [0, 1]);
  assert.match(workers.map(({ err }) => err).join(''), /^rolecall: rank [23] \(worker on .*\): Waited 2000 ms .*\n$/);
});

test('without the client, the scheduler gives up; a client that comes later leaves and says why', async () => {
  await using ranks = new Ranks(3, [JOB]);
  const [scheduler, worker] = await ends(ranks.start(0, SHORT), ranks.start(2, SHORT));
  assert.is(scheduler.code, 1);
  assert.match(scheduler.err, "Waited 2000 ms (startTimeoutMs) for the client's rank to join, in vain");
  assert.is(worker.code, 0);
  assert.is(worker.err, '');

  const late = await ranks.start(1).endAndLeaveNothing();
  assert.is(late.code, 1);
  assert.match(late.err, 'This rank is too late: the run has ended: Waited 2000 ms');
  assert.match(late.err, "code: 'ERR_RENDEZVOUS'");
  assert.equal(ranks.left, []);
});

test('without any worker, scheduler and client give up', async () => {
  await using ranks = new Ranks(3, [JOB]);
  const [scheduler, client] = await ends(ranks.start(0, SHORT), ranks.start(1, SHORT));
  assert.equal([scheduler.code, scheduler.err], [1, '']);
  assert.is(client.code, 1);
  assert.match(client.err, /is gone, and with it all tasks: Waited 2000 ms .* for a worker to join/);
});

test('without one of two workers the job is done; one that comes later leaves with 0 and says why', async () => {
  await using ranks = new Ranks(4, [JOB, 'few workers']);
  const started = [0, 1, 2].map((rank) => ranks.start(rank));
  for (const job of started) assert.is((await job.endAndLeaveNothing()).code, 0);

  const late = await ranks.start(3).endAndLeaveNothing();
  assert.is(late.code, 0);
  assert.match(
    late.err,
    /rank 3 \(worker on .*\): leaves, because it comes too late: the run has ended \(the client left\)/,
  );
  assert.equal(ranks.left, []);
});

for (const env of [{}, { ROLECALL_INCLUSIVE: '1' }] as const) {
  const how = Object.keys(env).join() || 'no option';
  test(`nothing is left of a job that ends before its workers have come (${how})`, async () => {
    await using ranks = new Ranks(4, [JOB, 'return unasked']);
    const ends = await Promise.all(ranks.startAll(env).map((job) => job.endAndLeaveNothing()));
    for (const { code, err } of ends) {
      assert.is(code, 0, err);
      assert.match(
        err,
        /^(rolecall: rank [23] .* leaves, because it comes too late: the run has ended \(the client left\)\n)?$/,
      );
    }
    assert.equal(ranks.left, []);
  });
}

test('all ranks end if the scheduler cannot start, and the client says why', async () => {
  await using ranks = new Ranks(3, [JOB]);
  const jobs = ranks.startAll({ ROLECALL_SCHEDULER_HOST: 'no-such-host.invalid' });
  const [scheduler, client, worker] = await Promise.all(jobs.map((job) => job.endAndLeaveNothing()));
  assert.is(scheduler?.code, 1);
  assert.is(scheduler?.err, '', 'the client says it');
  assert.is(client?.code, 1);
  assert.match(client?.err as string, /Cannot start the cluster: the scheduler failed: Cannot listen on no-such-host/);
  assert.is(worker?.code, 0);
  assert.is(worker?.err, '');
  assert.equal(ranks.left, []);
});

test('Ctrl-C while a worker waits for the scheduler, which has ended by it: the worker does too', async () => {
  await using ranks = new Ranks(3, [JOB]);
  const worker = ranks.start(2, { ROLECALL_START_TIMEOUT_MS: '8000' });
  await worker.until(() => ranks.left.some((name) => name.includes('waits-2')), 'the note of the worker that it waits');
  worker.child.kill('SIGINT');
  const startedAt = performance.now();
  const { code, err } = await worker.end();
  assert.equal([code, err], [0, '']);
  assert.ok(performance.now() - startedAt < 5500, 'long before its deadline');
  await worker.discard();
});

test.run();
