import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MARK_VARIABLE, type Mark, markWithin, newMark } from '../../../src/worker/children/marks.ts';
import { TaskProcesses } from '../../../src/worker/children/task-processes.ts';
import { isLiving } from '../../support/living.ts';
import { within } from '../../support/within.ts';

const test = suite('TaskProcesses');

/** A shell that has begun to do what it is told. */
async function started(mark: Mark, script: string): Promise<ChildProcess & { readonly pid: number }> {
  const env = { ...process.env, [MARK_VARIABLE]: mark };
  const child = spawn('sh', ['-c', `${script.startsWith('trap') ? '' : 'echo ready; '}${script}`], { env });
  await within(once(child.stdout, 'data'), 'the first word of a shell');
  return child as ChildProcess & { readonly pid: number };
}

const STUBBORN = 'trap "" TERM; echo ready; sleep 100; sleep 100';

test('ends what has the mark, or descends from what has it, and nothing else', async () => {
  const mark = newMark();
  const one = await started(markWithin(mark, 1), 'env -i sleep 100 & echo $!; wait');
  const other = await started(`${mark}1`, 'sleep 100');
  await within(new TaskProcesses(500).end(mark), 'the end of the processes');
  assert.not(isLiving(one.pid));
  assert.ok(isLiving(other.pid));
  other.kill('SIGKILL');
  await new TaskProcesses(0).end(`${mark}1`);
});

test('sends SIGTERM first, and SIGKILL to what is still there when the grace is over', async () => {
  const mark = newMark();
  const gentle = await started(mark, 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done');
  const stubborn = await started(mark, STUBBORN);
  const ends = Promise.all([gentle, stubborn].map((child) => once(child, 'exit')));
  await within(new TaskProcesses(400).end(mark), 'the end of the processes');
  assert.equal(await ends, [
    [5, null],
    [null, 'SIGKILL'],
  ]);
});

test('the end of an owner waits for all within it, though that was being ended before', async () => {
  const worker = newMark();
  const task = markWithin(worker, 3);
  const child = await started(task, STUBBORN);
  const processes = new TaskProcesses(400);
  const first = processes.end(task);
  await within(processes.end(worker), 'the end of the worker');
  assert.not(isLiving(child.pid));
  await first;
});

test('a process that stands still (SIGSTOP) is ended too', async () => {
  const mark = newMark();
  const child = await started(mark, 'sleep 100');
  child.kill('SIGSTOP');
  await within(new TaskProcesses(200).end(mark), 'the end of the process');
  assert.not(isLiving(child.pid));
});

test('where there is nothing to end, it says so at once', async () => {
  await within(new TaskProcesses(60_000).end(newMark()), 'nothing', 5000);
});

test.run();
