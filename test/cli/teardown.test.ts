import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startTimeOf } from '../../src/native/start-time.ts';
import { OWNER_VARIABLE, ownerVariables, parseOwner, pidSpaceOf } from '../../src/runners/owner.ts';
import { CLI, Job, type JobEnd, runJob } from '../support/run-job.ts';

const test = suite('rolecall teardown');
const LEAVES = new URL('./jobs/leaves.ts', import.meta.url).pathname;

const isThere = (pid: number): boolean => startTimeOf(pid) !== null;

/** Other tests have clusters too: only what one job has in its environment is looked at, and folders in its temporary folder. */
function teardown(of: Job, ...words: readonly string[]): Promise<JobEnd> {
  const folder = join(of.folder, 'tmp');
  const only = ['--with', `ROLECALL_TEST_JOB=${basename(of.folder)}`, '--directory', folder];
  return runJob([CLI, 'teardown', ...only, ...words], { env: { TMPDIR: folder } });
}

test('ends what a SIGKILL left, down to the program of a task, and removes the folder', async () => {
  const job = new Job([LEAVES]);
  const [, program] = await job.printed(/program is (\d+)/);
  const worker = job.roles.get('worker 2') as number;
  process.kill(worker, 'SIGSTOP'); // so that it cannot notice
  process.kill(job.roles.get('scheduler') as number, 'SIGKILL');
  process.kill(job.pid, 'SIGKILL');
  await job.until(() => !isThere(job.pid), 'the end of the client');

  const shown = await teardown(job);
  assert.is(shown.code, 0, shown.err);
  assert.match(shown.out, `process ${worker}: `);
  assert.match(shown.out, `(its owner, process ${job.pid}, is gone)`);
  assert.match(shown.out, /folder .*\/tmp\/rolecall-/);
  assert.match(shown.out, 'Nothing was changed.');
  assert.ok(isThere(worker) && isThere(Number(program)));

  const done = await teardown(job, '--yes');
  assert.is(done.code, 0, done.out);
  assert.match(done.out, 'All of it is gone.');
  assert.equal([isThere(worker), isThere(Number(program))], [false, false]);
  assert.equal(readdirSync(join(job.folder, 'tmp')), []);
  assert.match((await teardown(job)).out, '0 processes and 0 folders left over.');
  await job.allEnd();
  await job.discard();
});

test('leaves a cluster that runs alone', async () => {
  const job = new Job([LEAVES]);
  await job.printed(/program is/);
  const { out } = await teardown(job, '--yes');
  assert.match(out, '0 processes and 0 folders left over.');
  assert.match(out, /[345] processes of clusters that run, left alone\./);
  process.kill(job.roles.get('worker 2') as number, 0);
  job.openGate();
  assert.is((await job.end()).code, 0);
  await job.discard();
});

test('leaves alone what only looks like a part of a cluster', async () => {
  const job = new Job([LEAVES]);
  await job.printed(/program is/);
  job.openGate();
  await job.end();
  await teardown(job, '--yes');
  const start = (env: Record<string, string>): ChildProcess =>
    spawn('/bin/sh', ['-c', 'exec sleep 1000', 'rolecall', 'worker', 'rank=2'], {
      env: { ...process.env, ROLECALL_TEST_JOB: basename(job.folder), ...env },
    });
  const mark = ownerVariables(process.pid)[OWNER_VARIABLE] as string;
  const strangers = [
    start({}),
    start({ ROLECALL_STARTED: 'worker' }),
    start({ [OWNER_VARIABLE]: 'rubbish' }),
    start({ [OWNER_VARIABLE]: mark.replace(/pid:.*/, 'pid:[1]') }), // of another container
  ];
  const ofAnotherHost = join(job.folder, 'tmp', 'rolecall-other');
  mkdirSync(ofAnotherHost);
  const owner = { host: `not-${hostname()}`, pid: 2 ** 22 + 1, pidSpace: pidSpaceOf('self') };
  writeFileSync(join(ofAnotherHost, 'owner.json'), JSON.stringify(owner));

  const { out } = await teardown(job, '--yes');
  assert.match(out, '0 processes and 0 folders left over.');
  for (const { pid } of strangers) assert.ok(isThere(pid as number));
  for (const child of strangers) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await job.discard();
});

test('the mark of an owner is its number, its start and its container', () => {
  const owner = parseOwner(ownerVariables(process.pid)[OWNER_VARIABLE] as string);
  assert.equal(owner, { pid: process.pid, startTime: startTimeOf('self'), pidSpace: pidSpaceOf('self') });
  assert.equal(ownerVariables(2 ** 22 + 1), {}, 'no such process');
  for (const text of ['', '1', '1@2', '1@2@x', '-1@2@pid:[1]', '1@2@pid:[1] ']) assert.is(parseOwner(text), undefined);
});

test.run();
