// serial, deadline: 180 s
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as assert from 'uvu/assert';
import { type Job, type JobEnd, messagesIn } from '../support/run-job.ts';
import type { SlurmCluster } from '../support/slurm/slurm-cluster.ts';
import { jobFile, slurmSuite } from './suite.ts';

const test = slurmSuite('SlurmRunner: ends');
const BUSY = new URL('../ends/jobs/busy.ts', import.meta.url).pathname;
const SPREAD = ['-N4', '-n4'];
const SIGKILL_CODE = 137;

/** The pid, as seen here, of the client: the only rank that still runs the script. */
function clientOf(job: Job): number {
  const mark = `ROLECALL_TEST_JOB=${basename(job.folder)}`;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      const isClient =
        words[0] === process.execPath && words[1]?.endsWith('.ts') && variables.includes('SLURM_PROCID=1');
      if (isClient && variables.includes(mark)) return Number(pid);
    } catch {
      // it ended meanwhile
    }
  }
  throw new Error('There is no client');
}

async function busyJob(slurm: SlurmCluster): Promise<Job> {
  const job = slurm.srun(SPREAD, [BUSY]);
  await Promise.all([job.printed(/\[2 .*started/), job.printed(/\[3 .*started/)]);
  return job;
}

function kill(job: Job, signal: NodeJS.Signals, ...roles: readonly string[]): void {
  const pids = roles.map((role) => (role === 'client' ? clientOf(job) : job.roles.get(role)));
  for (const pid of pids) process.kill(pid as number, signal);
}

/** The end of a job, which must come soon. */
async function soon(job: Job): Promise<JobEnd> {
  const startedAt = performance.now();
  const end = await job.endAndLeaveNothing();
  const ms = Math.round(performance.now() - startedAt);
  assert.ok(ms < 8000, `it took ${ms} ms`);
  return end;
}

test('without the client, the others end, and the scheduler says who is gone and where it was', async (slurm) => {
  const job = await busyJob(slurm);
  kill(job, 'SIGKILL', 'client');
  const { code, err } = await soon(job);
  assert.is(code, SIGKILL_CODE, err);
  assert.is(messagesIn(err).length, 1, err);
  assert.match(err, /rank 0 \(scheduler on node1\): The client \(rank 1, node2:\d+\) ended without leaving its block/);
  assert.match(err, 'srun: error: node2: task 1: Killed');
});

test('without the scheduler, the client fails and says who is gone', async (slurm) => {
  const job = await busyJob(slurm);
  kill(job, 'SIGKILL', 'scheduler');
  const { code, err } = await soon(job);
  assert.is(code, SIGKILL_CODE, err);
  assert.is(messagesIn(err).length, 1, err);
  assert.match(err, /RolecallError: The scheduler \(on node1, pid \d+\) is gone, and with it all tasks/);
});

test('without one worker, its tasks run again and the results are right', async (slurm) => {
  const job = await busyJob(slurm);
  kill(job, 'SIGKILL', 'worker 3');
  await job.printed(/lost worker 3 on node4 .* run again/);
  job.openGate();
  const { out, err } = await job.endAndLeaveNothing();
  assert.match(out, 'squares 1,4,9,16,25');
  assert.is(messagesIn(err).length, 1, err);
  assert.match(err, 'srun: error: node4: task 3: Killed');
  assert.not.match(err, /task [012]:/);
});

test('without any worker, the client fails', async (slurm) => {
  const job = await busyJob(slurm);
  kill(job, 'SIGKILL', 'worker 2', 'worker 3');
  const { code, err } = await soon(job);
  assert.is(code, SIGKILL_CODE, err);
  assert.match(err, /RolecallError: Task `square` cannot run: every worker is gone and none will come/);
});

test('a worker that is told to end hands back what it has not started, and ends well', async (slurm) => {
  const job = slurm.srun(SPREAD, [BUSY], { ROLECALL_DRAIN_MS: '1500' });
  await Promise.all([job.printed(/\[2 .*started/), job.printed(/\[3 .*started/)]);
  kill(job, 'SIGTERM', 'worker 2');
  await job.printed(/lost worker 2 on node3 .*: it was told to end \(SIGTERM\)/);
  job.openGate();
  const { code, out, err } = await job.endAndLeaveNothing();
  assert.is(code, 0, err);
  assert.match(out, 'squares 1,4,9,16,25');
  assert.is(messagesIn(err).length, 1, err);
});

test('the code of the client is that of srun, and its error is printed once', async (slurm) => {
  const thrown = await slurm.srun(SPREAD, [jobFile('fails.ts')]).endAndLeaveNothing();
  assert.is(thrown.code, 1);
  assert.is(thrown.err.split('my own mistake').length - 1, 2, thrown.err); // its line of source, and the message
  assert.equal(thrown.err.match(/srun: error: .*/g), ['srun: error: node2: task 1: Exited with exit code 1']);
  const exited = await slurm.srun(SPREAD, [jobFile('fails.ts'), '7']).endAndLeaveNothing();
  assert.is(exited.code, 7);
  assert.equal(messagesIn(exited.err), []);
  assert.equal(exited.err.match(/srun: error: .*/g), ['srun: error: node2: task 1: Exited with exit code 7']);
});

// srun kills the other ranks when one has been ended, now and then before the scheduler has come round to saying why.
test('scancel ends everything within seconds, and says so once, if there is time', async (slurm) => {
  const job = slurm.srun([...SPREAD, '--job-name=cancelled'], [BUSY]);
  await job.printed(/\[2 .*started/);
  await slurm.command('scancel', '--name=cancelled');
  const { code, err } = await soon(job);
  assert.is.not(code, 0);
  const messages = messagesIn(err);
  assert.ok(messages.length <= 1, err);
  for (const text of messages)
    assert.match(text, /rank 0 \(scheduler on node1\): The scheduler ends: it was told to end \(SIGTERM\)$/);
});

test('onTimeLeft: signals that announce the end are told; at SIGTERM the job finishes what it has begun', async (slurm) => {
  const job = slurm.srun([...SPREAD, '--time=5', '--job-name=told'], [jobFile('told.ts')]);
  await Promise.all([job.printed(/begins with five minutes/), job.printed(/started/)]);
  for (const signal of ['USR1', 'USR2']) {
    await slurm.command('scancel', '--signal', signal, '--name=told');
    await job.printed(new RegExp(`told SIG${signal}, left: minutes`));
  }
  await slurm.command('scancel', '--name=told');
  const { out, err } = await job.endAndLeaveNothing();
  assert.match(out, 'told SIGTERM, left: at most 3 s');
  assert.match(out, 'squares 1,4,9,16');
  assert.match(out, 'more 2');
  assert.equal(messagesIn(err), []);
});

test.run();
