import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLI, Job, runJob } from '../support/run-job.ts';

const test = suite<{ folder: string; file: string }>('rolecall scheduler and worker');
const OUTSIDE = new URL('./jobs/outside.ts', import.meta.url).pathname;

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'hand-'));
  context.file = join(context.folder, 'scheduler.json');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

const schedule = (file: string): Job => new Job([CLI, 'scheduler', '--scheduler-file', file]);
const work = (file: string, ...words: readonly string[]): Job =>
  new Job([CLI, 'worker', '--scheduler-file', file, '--worker-slots', '1', ...words]);

test('a cluster of commands, joined in any order, works for clients one after the other', async ({ file }) => {
  const first = work(file, '--name', 'first');
  const scheduler = schedule(file);
  await scheduler.printed(/worker first on .* joined with 1 slots/);
  assert.is(statSync(file).mode & 0o777, 0o600);
  const second = work(file);
  await scheduler.printed(/worker \S+-\d+ on .* joined/);

  const once = await runJob([OUTSIDE, file, '2']);
  assert.is(once.code, 0, once.err);
  assert.match(once.out, `workers first,${hostname()}-${second.pid}\nsquares 1,4,9\n`);

  first.child.kill('SIGINT');
  assert.is((await first.endAndLeaveNothing()).code, 0);
  await scheduler.printed(/lost worker first on .*: it was told to end \(SIGINT\)/);

  const again = await runJob([OUTSIDE, file, '1', 'shutdown']);
  assert.is(again.code, 0, again.err);
  assert.match(again.out, 'squares 1,4,9');
  for (const job of [scheduler, second]) assert.is((await job.endAndLeaveNothing()).code, 0);
  assert.not.ok(existsSync(file));
});

test('without any worker, tasks wait for one', async ({ file }) => {
  const scheduler = schedule(file);
  const gone = work(file, '--name', 'gone');
  await scheduler.printed(/worker gone .* joined/);
  gone.child.kill('SIGTERM');
  await gone.endAndLeaveNothing();
  const client = new Job([OUTSIDE, file, '0']);
  await client.printed(/^workers $/m);
  const late = work(file);
  const { code, out, err } = await client.endAndLeaveNothing();
  assert.is(code, 0, err);
  assert.match(out, 'squares 1,4,9');
  scheduler.child.kill('SIGTERM');
  await scheduler.endAndLeaveNothing();
  await late.endAndLeaveNothing();
});

test('a worker says why it ends when its scheduler is killed', async ({ file }) => {
  const scheduler = schedule(file);
  const worker = work(file, '--name', 'left');
  await scheduler.printed(/worker left .* joined/);
  await worker.printed(/joined the scheduler/); // else it takes the file for one of another time, and looks again
  scheduler.child.kill('SIGKILL');
  await scheduler.end();
  await scheduler.discard();
  const { err } = await worker.endAndLeaveNothing();
  assert.match(err, /rank left \(worker on .*\): The scheduler is gone: /);
});

/** Somebody has a connection to the port, if only to what the system keeps for a process that stands still. */
function isConnected(file: string): boolean {
  const [, port] = readFileSync(file, 'utf8').match(/127\.0\.0\.1:(\d+)"/) ?? [];
  const hex = Number(port).toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8').includes(`:${hex} 01 `);
}

test('a worker that says hello when its scheduler is killed ends soon, and says so', async ({ file }) => {
  const scheduler = schedule(file);
  await scheduler.until(() => existsSync(file), 'the file of the scheduler');
  scheduler.child.kill('SIGSTOP');
  const worker = work(file, '--name', 'greeting');
  await worker.until(() => isConnected(file), 'the worker to connect');
  scheduler.child.kill('SIGKILL');
  const killedAt = performance.now();
  await scheduler.end();
  await scheduler.discard();
  const { code, err } = await worker.endAndLeaveNothing();
  assert.is(code, 0);
  assert.match(err, /looks for the scheduler again/);
  assert.match(err, /the scheduler \(on .*, pid \d+\) was gone before this worker could join/);
  assert.ok(performance.now() - killedAt < 5000, err);
});

test('a worker that finds the file of a scheduler that was killed waits for the next one', async ({ file }) => {
  const killed = schedule(file);
  await killed.until(() => existsSync(file), 'the file of the scheduler');
  killed.child.kill('SIGKILL');
  await killed.end();
  await killed.discard();
  const worker = work(file, '--name', 'early');
  const scheduler = schedule(file);
  await scheduler.printed(/worker early on .* joined/);
  for (const job of [scheduler, worker]) job.child.kill('SIGTERM');
  for (const job of [scheduler, worker]) await job.endAndLeaveNothing();
});

test('refuses a name that is none, and an unknown flag', async () => {
  const named = await runJob([CLI, 'worker', '--name', 'a b']);
  assert.equal([named.code, named.out], [2, '']);
  assert.match(named.err, 'It must be of letters, digits');
  const unknown = await runJob([CLI, 'worker', '--worker-slot', '1']);
  assert.match(unknown.err, /unknown option '--worker-slot'\n\(Did you mean --worker-slots\?\)/);
});

test.run();
