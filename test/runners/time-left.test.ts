import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endFromEnvironment, JobClock, parseDuration, parseEnd, type TimeLeft } from '../../src/runners/time-left.ts';
import { waitUntil } from '../support/wait-until.ts';

const test = suite('time left');
const HOUR_MS = 3_600_000;

test('parseDuration reads what squeue prints', () => {
  assert.is(parseDuration('1-02:03:04'), (26 * 3600 + 3 * 60 + 4) * 1000);
  assert.is(parseDuration('2:03:04\n'), (2 * 3600 + 3 * 60 + 4) * 1000);
  assert.is(parseDuration('0:59'), 59_000);
  for (const none of ['UNLIMITED', 'NOT_SET', 'INVALID', '', '3']) assert.is(parseDuration(none), undefined, none);
});

test('parseEnd: when squeue says that the job ends, if it has a limit', () => {
  const at = '2026-11-25T21:39:35'; // in the time zone of whoever reads it
  assert.is(parseEnd(`1:00 ${at}\n`, 5), Date.parse(at));
  assert.is(parseEnd('1:00 Unknown\n', 5), 60_005);
  assert.is(parseEnd(`UNLIMITED ${at}`, 5), undefined, 'Slurm names an end all the same');
  assert.is(parseEnd('', 5), undefined);
});

test('endFromEnvironment: Slurm says when, Torque how long, others nothing', () => {
  assert.is(endFromEnvironment({ SLURM_JOB_END_TIME: '1700000000' }, 5), 1_700_000_000_000);
  assert.is(endFromEnvironment({ PBS_WALLTIME: '60' }, 5), 60_005);
  assert.is(endFromEnvironment({ SLURM_JOB_END_TIME: '' }, 5), undefined);
  assert.is(endFromEnvironment({}, 5), undefined);
});

test('the time left is asked for once, when it is needed, and never below zero', () => {
  let asked = 0;
  const clock = new JobClock(1000, () => {
    asked++;
    return Date.now() - 1;
  });
  assert.is(asked, 0);
  assert.is(clock.leftMs, 0);
  assert.is(clock.leftMs, 0);
  assert.is(asked, 1);
  assert.is(new JobClock(1000, () => undefined).leftMs, undefined);
});

test('a listener is told before the time limit, and at signals; at SIGTERM there is the time to drain', async () => {
  const heard: TimeLeft[] = [];
  const clock = new JobClock(1000, () => Date.now() + HOUR_MS);
  using _ = clock.listen((about) => heard.push(about), { beforeMs: HOUR_MS });
  await waitUntil(() => heard.length === 1);
  assert.is(heard[0]?.reason, 'time limit');
  process.kill(process.pid, 'SIGUSR2');
  await waitUntil(() => heard.length === 2);
  assert.is(heard[1]?.reason, 'SIGUSR2');
  assert.ok((heard[1]?.leftMs as number) > HOUR_MS / 2);
  process.kill(process.pid, 'SIGTERM');
  await waitUntil(() => heard.length === 3);
  assert.is(heard[2]?.reason, 'SIGTERM');
  assert.ok((heard[2]?.leftMs as number) <= 1000);
});

test('SIGTERM at the time limit: there still is the time to drain, and a second one is not told', async () => {
  const heard: TimeLeft[] = [];
  const clock = new JobClock(2000, () => Date.now() - 1);
  using _ = clock.listen((about) => heard.push(about), { beforeMs: 0 });
  await waitUntil(() => heard.length === 1);
  for (let i = 0; i < 2; i++) process.emit('SIGTERM', 'SIGTERM');
  assert.equal(
    heard.map(({ reason }) => reason),
    ['time limit', 'SIGTERM'],
  );
  assert.ok((heard[1]?.leftMs as number) > 1000);
});

test('a listener that is disposed of hears nothing more, and does not keep SIGTERM from ending the process', () => {
  const clock = new JobClock(1000, () => undefined);
  const before = process.listenerCount('SIGTERM');
  clock.listen(() => assert.unreachable())[Symbol.dispose]();
  assert.is(process.listenerCount('SIGTERM'), before);
});

test.run();
