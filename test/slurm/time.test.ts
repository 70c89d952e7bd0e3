// serial, deadline: 120 s
import * as assert from 'uvu/assert';
import { messagesIn } from '../support/run-job.ts';
import type { SlurmCluster } from '../support/slurm/slurm-cluster.ts';
import { jobFile, runBatch, slurmSuite } from './suite.ts';

const test = slurmSuite('SlurmRunner: when time runs out');
const SHAPE = ['-N2', '-n3', '--time=1'];
/** Slurm looks at limits, and announces them, every half a minute: so the jobs of this file run at the same time. */
const PATIENCE_MS = 75_000;

/** A script that runs the job until it has been told of the named reason, and says how it ended. */
function until(reason: string): string {
  return `srun ${process.execPath} ${jobFile('limit.ts')} ${reason}; echo code $?; rm gate`;
}

interface Announced {
  readonly log: string;
  readonly reason: string | undefined;
}

/** In a batch job with a limit of a minute, before which the ranks get a signal. */
async function announced(slurm: SlurmCluster, signal: string): Promise<Announced> {
  const { log } = await runBatch(
    slurm,
    [...SHAPE, `--job-name=${signal}`, `--signal=${signal}@50`],
    until(`SIG${signal}`),
  );
  return { log, reason: await reasonOf(slurm, signal) };
}

/** Under `salloc`, whose `srun` is on the login node and gets no signal. The limit is moved to soon. */
async function atTheLimit(slurm: SlurmCluster): Promise<Announced> {
  const limit = 'scontrol update JobId=$SLURM_JOB_ID EndTime=now+15';
  const job = slurm.job(['salloc', ...SHAPE, '--job-name=limit', 'bash', '-c', `${limit}; ${until('SIGTERM')}`]);
  const { out, err } = await job.endAndLeaveNothing();
  assert.equal(messagesIn(err), []);
  return { log: out, reason: await reasonOf(slurm, 'limit') };
}

/** Why the job ended, in Slurm's words. */
async function reasonOf(slurm: SlurmCluster, name: string): Promise<string | undefined> {
  const jobs = await slurm.command('scontrol', 'show', 'job', '--oneliner');
  return jobs.match(new RegExp(`JobName=${name} .* Reason=(\\w+)`))?.[1];
}

const DONE = /^squares 1,4,9,16\ncode 0$/m;

/** How often the client was told of something, and for how many seconds each time it said it had left. */
function leftAt(log: string, reason: string): number[] {
  return [...log.matchAll(new RegExp(`^told ${reason}, left: (\\d+) s$`, 'gm'))].map(([, seconds]) => Number(seconds));
}

test('announced signals and the limit are told to the client, which finishes what it has begun', async (slurm) => {
  slurm.deadlineMs = PATIENCE_MS;
  const [usr1, term, limit] = await Promise.all([
    announced(slurm, 'USR1'),
    announced(slurm, 'TERM'),
    atTheLimit(slurm),
  ]);
  for (const { log } of [usr1, term, limit]) {
    assert.match(log, DONE);
    assert.equal(messagesIn(log), []);
  }
  for (const { log, reason } of [usr1, term]) {
    assert.match(log, /^begins with (5\d|60) s$/m);
    assert.is(reason, 'None', 'it ended by itself');
  }
  const [left = 0, ...more] = leftAt(usr1.log, 'SIGUSR1');
  assert.ok(left > 10 && left < 60, usr1.log);
  assert.equal(more, []);
  assert.equal(leftAt(term.log, 'SIGTERM'), [3], 'the time to drain');

  assert.match(limit.log, /^begins with 1[0-5] s$/m);
  assert.equal(leftAt(limit.log, 'time limit'), [4], limit.log);
  assert.equal(leftAt(limit.log, 'SIGTERM'), [3], limit.log);
  assert.is(limit.reason, 'TimeLimit');
});

test.run();
