import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogRecord } from '../../src/protocol/log-record.ts';
import { CLI, Job } from '../support/run-job.ts';

const test = suite('logs of a cluster');
const JOB = new URL('./jobs/watched.ts', import.meta.url).pathname;

function recordsIn(out: string): LogRecord[] {
  return [...out.matchAll(/^record (.*)$/gm)].map((match) => JSON.parse(match[1] as string));
}

test('the client sees the records of all ranks, also those from before it listened', async () => {
  const job = new Job([CLI, 'run', '-n', '4', '--log', 'debug', '--log-directory', 'logs', JOB]);
  await job.printed(/^ready/m);
  job.openGate();
  const { code, out, err } = await job.end();
  assert.is(code, 0, err);
  assert.is(err, '', 'what is less than a warning is in the files');

  const records = recordsIn(out);
  const said = (rank: string, text: RegExp) => records.some((record) => record.rank === rank && text.test(record.text));
  assert.ok(said('0', /^listens at tls:.* for 2 workers/), out);
  assert.ok(said('0', /^worker 2 on .* joined with \d+ slots/), out);
  assert.ok(said('1', /^met the scheduler/), out);
  assert.ok(said('3', /^joined the scheduler at /), out);
  assert.equal(new Set(records.map((record) => record.role)), new Set(['scheduler', 'client', 'worker']));
  assert.not.match(out, /^warning /m);

  const lines = readFileSync(join(job.cwd, 'logs', 'rank-2.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const first = JSON.parse(lines[0] as string);
  assert.equal([first.level, first.rank, first.role], [30, '2', 'worker']);
  assert.match(first.msg, /^joined the scheduler/);
  rmSync(join(job.cwd, 'logs'), { recursive: true });
  await job.endAndLeaveNothing();
});

test('without being asked, ranks are silent, and record warnings alone', async () => {
  const job = new Job([CLI, 'run', '-n', '3', JOB]);
  const [, address = ''] = await job.printed(/^ready, at (tls:.*)$/m);
  await fetch(address.replace('tls', 'http')).catch(() => {}); // a stranger knocks
  await job.printed(/^warning Turned away/m);
  job.openGate();
  const { code, out, err } = await job.endAndLeaveNothing();
  assert.is(code, 0, err);
  assert.equal(
    recordsIn(out).map((record) => [record.rank, record.level]),
    [['0', 'warn']],
  );
  assert.match(err, /^rolecall: rank 0 \(scheduler on .*\): Turned away .*\n$/);
});

test('a folder that cannot be written is said, and nothing else happens', async () => {
  const job = new Job([CLI, 'run', '-n', '3', '--log-directory', '/proc/none', JOB]);
  job.openGate();
  const { code, err } = await job.endAndLeaveNothing();
  assert.is(code, 0, err);
  assert.is(err.match(/rank \d writes no log to \/proc\/none \(logDirectory\): ENOENT/g)?.length, 3, err);
});

test.run();
