// serial, deadline: 120 s
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Job } from '../../support/run-job.ts';
import { waitUntil } from '../../support/wait-until.ts';

const test = suite('programs that a task started, when something ends');
const JOB = new URL('../jobs/spawns.ts', import.meta.url).pathname;
const SLEEPS = ['1001', '1002', '1003', '1004', '1005'];

/** The arguments of the `sleep`s of one job that live. */
function livingSleeps(job: Job): string[] {
  const mark = `\0TMPDIR=${job.folder}/tmp\0`;
  const sleeps = readdirSync('/proc').flatMap((pid) => {
    try {
      const [program, argument = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (program !== 'sleep' || !`\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`.includes(mark)) return [];
      return [argument];
    } catch {
      return [];
    }
  });
  return sleeps.filter((argument) => SLEEPS.includes(argument)).sort();
}

async function startedJob(
  executor: string,
  options: { words?: string[]; env?: Record<string, string> } = {},
): Promise<Job> {
  const job = new Job([JOB, ...(options.words ?? [])], { env: { ROLECALL_EXECUTOR: executor, ...options.env } });
  await job.printed(/started all/);
  assert.equal(livingSleeps(job), SLEEPS);
  return job;
}

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  assert.type(pid, 'number');
  process.kill(pid as number, signal);
}

for (const executor of ['threads', 'processes']) {
  test(`${executor}: they end with the task`, async () => {
    const job = await startedJob(executor);
    job.openGate();
    const { code, out } = await job.endAndLeaveNothing();
    assert.is(code, 0);
    assert.match(out, 'result 5');
  });

  test(`${executor}: they end with the block, though the task still runs`, async () => {
    const job = await startedJob(executor, { words: ['leave'], env: { SPIN: '1' } });
    job.openGate();
    assert.is((await job.endAndLeaveNothing()).code, 0);
  });

  test(`${executor}: they end when the worker is told to end`, async () => {
    const job = await startedJob(executor);
    kill(job.roles.get('worker 2'), 'SIGTERM');
    await waitUntil(() => livingSleeps(job).length === 0);
    assert.is((await job.endAndLeaveNothing()).code, 1);
  });

  test(`${executor}: they end when the worker is killed`, async () => {
    const job = await startedJob(executor, { env: { SPIN: '1' } });
    kill(job.roles.get('worker 2'), 'SIGKILL');
    await waitUntil(() => livingSleeps(job).length === 0);
    assert.is((await job.endAndLeaveNothing()).code, 1);
  });

  test(`${executor}: they end when the client is killed`, async () => {
    const job = await startedJob(executor);
    job.child.kill('SIGKILL');
    await waitUntil(() => livingSleeps(job).length === 0);
    await job.endAndLeaveNothing();
  });
}

test.run();
