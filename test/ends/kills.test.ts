// deadline: 120 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLI, Job, type JobEnd, messagesIn, summariesIn } from '../support/run-job.ts';

const test = suite('a rank that is killed while tasks run');
const JOB = new URL('./jobs/busy.ts', import.meta.url).pathname;
const STARTS = { alone: [JOB], 'under rolecall run': [CLI, 'run', '-n', '4', JOB] };
const SIGKILL_CODE = 137;

/** A job whose two workers are both busy. */
async function busyJob(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ job: Job; client: number }> {
  const job = new Job(words, { env });
  const [, client] = await job.printed(/client is (\d+)/);
  await Promise.all([job.printed(/\[2 .*started/), job.printed(/\[3 .*started/)]);
  return { job, client: Number(client) };
}

function kill(job: Job, ...roles: readonly string[]): void {
  const pids = roles.map((role) => job.roles.get(role));
  for (const pid of pids) process.kill(pid as number, 'SIGKILL');
}

/** The end of a job, which must come soon. */
async function soon(job: Job): Promise<JobEnd> {
  const startedAt = performance.now();
  const end = await job.endAndLeaveNothing();
  const ms = Math.round(performance.now() - startedAt);
  assert.ok(ms < 5000, `it took ${ms} ms`);
  return end;
}

for (const [name, words] of Object.entries(STARTS)) {
  test(`${name}: without the client, the others end and say why`, async () => {
    const { job, client } = await busyJob(words);
    process.kill(client, 'SIGKILL');
    const { code, signal, err } = await soon(job);
    assert.is(code ?? signal, name === 'alone' ? 'SIGKILL' : SIGKILL_CODE);
    assert.is(messagesIn(err).length, 1, err);
    assert.match(err, /rank 0 \(scheduler on .*\): The (client|scheduler) .*(killed|is gone)/);
  });

  test(`${name}: without the scheduler, the client fails with ERR_SCHEDULER_LOST`, async () => {
    const { job } = await busyJob(words);
    kill(job, 'scheduler');
    const { code, err } = await soon(job);
    assert.is(code, 1, err);
    assert.is(messagesIn(err).length, 1, err);
    assert.match(err, /RolecallError: The scheduler \(on .*, pid \d+\) is gone, and with it all tasks/);
    assert.match(err, "code: 'ERR_SCHEDULER_LOST'");
  });

  test(`${name}: without one worker, its tasks run again and the results are right`, async () => {
    const { job } = await busyJob(words);
    kill(job, 'worker 2');
    await job.printed(/lost worker 2 on .* run again/);
    job.openGate();
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.match(out, 'squares 1,4,9,16,25');
    assert.is(messagesIn(err).length, 1, err);
  });

  test(`${name}: without any worker, the client fails with ERR_NO_WORKERS`, async () => {
    const { job } = await busyJob(words);
    kill(job, 'worker 2', 'worker 3');
    const { code, err } = await soon(job);
    assert.is(code, 1, err);
    const [first, second, last, ...more] = messagesIn(err);
    assert.match(first as string, /lost worker [23] /);
    assert.match(second as string, /lost worker [23] /);
    assert.match(last as string, /RolecallError: Task `square` cannot run: every worker is gone and none will come/);
    assert.equal(more, []);
    const [summary = '', ...others] = summariesIn(err);
    assert.equal(others, []);
    const lost = [...summary.matchAll(/^ {2}lost {4}rank [23] \(worker on .*, pid \d+\) at .* probably killed$/gm)];
    assert.is(lost.length, 2, summary);
    assert.match(
      summary,
      /^ {2}failed {2}5 tasks `square`; the first: Task `square` cannot run: every worker is gone/m,
    );
  });
}

for (const env of [{}, { ROLECALL_ADDON: 'none' }]) {
  const how = Object.keys(env).length === 0 ? '' : ', without the addon too';
  test(`under rolecall run: without that program itself, all ranks end${how}`, async () => {
    const { job } = await busyJob(STARTS['under rolecall run'], env);
    job.child.kill('SIGKILL');
    const { signal, err } = await job.end();
    assert.is(signal, 'SIGKILL');
    assert.match(err, /the process that started it is gone|every worker is gone|probably killed/); // noticed in any order
    await job.allEnd();
    await job.discard(); // its temporary folder is left
  });
}

test('under rolecall run: the code is that of the client, whichever rank it is', async () => {
  const { job, client } = await busyJob([CLI, 'run', '-n', '4', '--scheduler-rank', '1', '--client-rank', '0', JOB]);
  process.kill(client, 'SIGKILL');
  const { code, err } = await soon(job);
  assert.is(code, SIGKILL_CODE, err);
});

test.run();
