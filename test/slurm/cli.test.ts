// serial, deadline: 120 s
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needing } from '../support/needs.ts';
import { CLI, runJob } from '../support/run-job.ts';
import { SLURM, SlurmCluster } from '../support/slurm/slurm-cluster.ts';

const test = suite<{ folder: string }>('the command line in a real Slurm');
const JOB = new URL('./jobs/alone.ts', import.meta.url).pathname;
/** Node.js as a batch script finds it. */
const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'scripts-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

/** Writes what `rolecall script slurm` prints to a file. */
async function writeScript(folder: string, ...words: readonly string[]): Promise<string> {
  const { code, out, err } = await runJob([CLI, 'script', 'slurm', ...words, JOB]);
  assert.is(code, 0, err);
  const file = join(folder, 'job.sbatch');
  writeFileSync(file, out);
  return file;
}

test(
  ...needing(SLURM, 'scripts pass sbatch --test-only', async ({ folder }: { folder: string }) => {
    await using slurm = await SlurmCluster.start();
    for (const words of [
      ['--nodes', '4', '--tasks-per-node', '2', '--time', '1:00:00'],
      ['--nodes', '4', '--tasks-per-node', '1', '--time', '2-12:30:00', '--cpus-per-task', '2', '--name', 'a.b'],
      ['--nodes', '1', '--tasks-per-node', '4', '--time', '0:05:00', '--directive', '--exclusive'],
    ]) {
      const file = await writeScript(folder, ...words);
      const end = await slurm.job(['sbatch', '--test-only', file]).endAndLeaveNothing();
      assert.is(end.code, 0, end.err);
      assert.match(end.err, /sbatch: Job \d+ to start at/);
    }
    const file = await writeScript(folder, '--nodes', '400', '--tasks-per-node', '1', '--time', '1:00:00');
    const tooMany = await slurm.job(['sbatch', '--test-only', file]).endAndLeaveNothing();
    assert.is.not(tooMany.code, 0, 'what cannot run is refused: the check is one');
  }),
);

test(
  ...needing(SLURM, 'a script runs, and all nodes work', async ({ folder }: { folder: string }) => {
    await using slurm = await SlurmCluster.start();
    for (const [tasks, expected] of [
      ['1', 'SlurmRunner with 4 workers on node1,node2,node3,node4'],
      ['2', 'SlurmRunner with 8 workers on node1,node2,node3,node4'],
    ] as const) {
      const file = await writeScript(folder, '--nodes', '4', '--tasks-per-node', tasks, '--time', '0:10:00');
      const job = slurm.job(['sbatch', '--wait', file], { PATH });
      const { code, err } = await job.end();
      const [name = ''] = readdirSync(job.cwd);
      const output = readFileSync(join(job.cwd, name), 'utf8');
      assert.equal([code, output], [0, `${expected}\n`], err);
      assert.match(name, /^alone-\d+\.out$/);
      rmSync(join(job.cwd, name));
      await job.endAndLeaveNothing();
    }
  }),
);

test(
  ...needing(SLURM, 'doctor says what is detected in a step, and in an allocation without one', async () => {
    await using slurm = await SlurmCluster.start();
    const step = await slurm.srun(['-N4', '-n4'], [CLI, 'doctor']).endAndLeaveNothing();
    assert.is(step.code, 0, step.out + step.err);
    assert.match(step.out, /^who {8}ok {4}rank 0 of 4, started by slurm$/m);
    assert.match(step.out, /this process runs in the Slurm step \d+\.0/);
    assert.match(step.out, /^inclusive {2}note {2}scheduler and client should work too: .*two nodes of 4/m);
    assert.match(step.out, /^On node3: rank 2 of 4, started by slurm; SlurmRunner would make it a worker/m);

    const shell = ['salloc', '-N2', '-n4', process.execPath, CLI, 'doctor'];
    const allocation = await slurm.job(shell).endAndLeaveNothing();
    assert.match(
      allocation.out,
      /^who {8}note {2}one process in Slurm job \d+, which has 2 node\(s\) for 2 rank\(s\) each/m,
    );
    assert.match(allocation.out, 'Start the job file with srun: `srun node job.js`');
  }),
);

test.run();
