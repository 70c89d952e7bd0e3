// serial, deadline: 180 s
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { jobFile, printed, runBatch, slurmSuite, UNTIL_DONE } from './suite.ts';

const test = slurmSuite('SlurmRunner: starts');
const SEED = jobFile('seed.ts');
const WHERE = jobFile('where.ts');
const OUTSIDE = new URL('../runners/jobs/outside.ts', import.meta.url).pathname;
const NODE = process.execPath;
const SPREAD = ['-N4', '-n8', '--ntasks-per-node=2'];

interface Where {
  readonly runnerIs: string;
  readonly rank: number;
  readonly nWorkers: number;
  readonly worldSize: number;
  readonly workers: readonly string[];
  readonly host: string;
  readonly job: string;
  readonly step: string;
  readonly restart: string;
}

for (const mpi of ['none', 'pmi2', 'pmix']) {
  test(`srun --mpi=${mpi} of 8 ranks on 4 nodes`, async (slurm) => {
    const { schedulerAddresses, workers, meets, ...rest } = await printed<{
      readonly workers: readonly string[];
      readonly schedulerAddresses: readonly string[];
      readonly meets: string;
    }>(slurm.srun([...SPREAD, `--mpi=${mpi}`], [SEED]));
    const about = { role: 'client', worldSize: 8, nWorkers: 6, host: 'node1' };
    assert.equal(rest, { ten: 11, rank: '2', twenty: 21, ...about });
    assert.equal(workers, ['2@node2', '3@node2', '4@node3', '5@node3', '6@node4', '7@node4']);
    assert.is(meets, mpi === 'pmi2' ? 'through PMI' : 'in a folder');
    const places = schedulerAddresses.map((address) => address.replace(/^tls:\/\/|:\d+$/g, ''));
    assert.equal(places, ['10.9.0.1', '172.30.1.1', '[fd09::1]']);
  });
}

test('createRunner on one node, which needs no network; and one rank on each node with inclusive', async (slurm) => {
  const one = await printed<Where>(slurm.srun(['-N1', '-n3'], [WHERE]));
  assert.equal([one.runnerIs, one.rank, one.nWorkers, one.workers], ['SlurmRunner', 1, 1, ['2@node1']]);
  for (const mpi of ['none', 'pmi2']) {
    const two = await printed<Where>(slurm.srun(['-N2', '-n2', `--mpi=${mpi}`], [WHERE, '{"inclusive":true}']));
    assert.equal([two.rank, two.host, two.nWorkers, two.workers], [1, 'node2', 2, ['0@node1', '1@node2']]);
  }
});

test('an interface that is named; one that not every node can reach is passed over', async (slurm) => {
  const options = { schedulerOptions: { interface: 'eth1,eth0' }, workerOptions: { interface: 'eth0' } };
  const job = slurm.srun(['-N2', '-n3'], [SEED, JSON.stringify(options)]);
  const { schedulerAddresses, ten } = await printed<{ schedulerAddresses: string[]; ten: number }>(job);
  assert.match(schedulerAddresses[0] as string, '172.30.1.1'); // nothing answers there
  assert.is(ten, 11);
  const wrong = { schedulerOptions: { interface: 'ib7' }, startTimeoutMs: 20_000 };
  const { code, err } = await slurm.srun(['-N1', '-n3'], [SEED, JSON.stringify(wrong)]).endAndLeaveNothing();
  assert.is(code, 1);
  assert.match(err, 'Cannot listen on the interface "ib7" (schedulerOptions.interface): this host has lo, eth0, eth1');
});

test('in a batch script: two steps at once, and a second start of the same script in one step', async (slurm) => {
  const step = `srun --overlap -N4 -n4 --ntasks-per-node=1 ${NODE} ${WHERE} '{}'`;
  const twice = `srun -N1 -n3 --ntasks-per-node=3 bash -c '${NODE} ${WHERE} {} first; ${NODE} ${WHERE} {} second'`;
  const names = ['a', 'b', 'first', 'second'];
  const { end, log, files } = await runBatch(
    slurm,
    ['-N4', '-n12', '--ntasks-per-node=3'],
    `${step} a & ${step} b & wait\n${twice}`,
    names,
  );
  assert.is(end.code, 0, log);
  assert.is(log, '');
  const [a, b, first, second] = names.map((name) => JSON.parse(files[name] as string) as Where) as [
    Where,
    Where,
    Where,
    Where,
  ];
  for (const { runnerIs, workers } of [a, b]) {
    assert.equal([runnerIs, workers], ['SlurmRunner', ['2@node3', '3@node4']]);
  }
  assert.is(a.job, b.job);
  assert.is.not(a.step, b.step);
  assert.equal([first.workers, second.workers], [['2@node1'], ['2@node1']]);
});

test('the tasks of an array at once, in the same folder', async (slurm) => {
  const script = `srun ${NODE} ${WHERE} '{}' $SLURM_ARRAY_TASK_ID`;
  const { end, log, files } = await runBatch(slurm, ['-N2', '-n3', '--array=0-2'], script, ['0', '1', '2']);
  assert.is(end.code, 0, log);
  const results = Object.values(files).map((text) => JSON.parse(text) as Where);
  assert.equal(
    results.map(({ nWorkers }) => nWorkers),
    [1, 1, 1],
  );
  assert.is(new Set(results.map(({ job }) => job)).size, 3);
});

test('a heterogeneous job', async (slurm) => {
  const flags = ['-N1', '-n2', ':', '-N1', '-n3'];
  for (const mpi of ['none', 'pmi2']) {
    const script = `srun --mpi=${mpi} --het-group=0,1 ${NODE} ${WHERE} '{}' out`;
    const { end, log, files } = await runBatch(slurm, flags, script, ['out']);
    assert.is(end.code, 0, log);
    const { worldSize, workers } = JSON.parse(files['out'] as string) as Where;
    assert.equal([worldSize, workers], [5, ['2@node2', '3@node2', '4@node2']]);
  }
});

test('a job that is put back into the queue while it runs begins anew', async (slurm) => {
  const script = `if [ -z "$SLURM_RESTART_COUNT" ]; then
    srun ${NODE} ${jobFile('requeue.ts')}
    sleep 60
  else
    srun ${NODE} ${WHERE} '{}' out
  fi`;
  const requeued = slurm.untilRequeued();
  const { end, log, files } = await runBatch(slurm, ['-N2', '-n3', '--requeue', '--open-mode=append'], script, ['out']);
  await requeued;
  assert.is(end.code, 0, log);
  const { restart, step, workers } = JSON.parse(files['out'] as string) as Where;
  assert.equal([restart, step, workers], ['1', '0', ['2@node2']]);
});

test('with the variables of another job: srun works, a lone process is refused', async (slurm) => {
  const submit = 'id=$(sbatch --parsable -N2 -n3 --output=inner inner.sh)';
  const script = (body: string): string => `cat > inner.sh <<'INNER'
#!/bin/bash
${body}
INNER
${UNTIL_DONE}
export -f until_done
srun -n3 bash -c 'if [ $SLURM_PROCID = 0 ]; then ${submit}; until_done $id; fi'
rm inner.sh`;
  const flags = ['-N2', '-n3'];
  const good = await runBatch(slurm, flags, script(`srun ${NODE} ${WHERE} {} out`), ['out', 'inner']);
  assert.is(good.end.code, 0, `${good.log} ${good.files['inner']}`);
  assert.is((JSON.parse(good.files['out'] as string) as Where).worldSize, 3);
  const bad = await runBatch(slurm, flags, script(`${NODE} ${WHERE}; echo code $?`), ['inner']);
  assert.match(bad.files['inner'] as string, /Cannot start the runner that fits \(createRunner\): .* for 3 task\(s\)/);
  assert.match(bad.files['inner'] as string, 'srun node job.js');
  assert.match(bad.files['inner'] as string, 'code 1');
});

test('worlds of one and two are refused, on every rank', async (slurm) => {
  for (const size of [1, 2]) {
    const { code, err } = await slurm.srun([`-n${size}`], [SEED]).endAndLeaveNothing();
    assert.is(code, 1);
    const text = `Not enough Slurm tasks to start the cluster: found ${size}, need at least 3: scheduler, client and one worker`;
    assert.is(err.split(`RolecallError: ${text}`).length - 1, size, err);
  }
});

test('a scheduler file named after the job: a client from the login node finds the cluster', async (slurm) => {
  const options = JSON.stringify({ client: false, schedulerFile: 'scheduler-{job_id}.json' });
  const job = slurm.srun(['-N2', '-n3', '--job-name=outside'], [WHERE, options]);
  await job.until(() => schedulerFileIn(job.cwd) !== undefined, 'the scheduler file');
  const file = schedulerFileIn(job.cwd) as string;
  const [, id] = file.match(/scheduler-(\d+)\.json$/) ?? [];
  assert.is(await slurm.command('squeue', '--noheader', '--name=outside', '--format=%A'), id);
  const out = await slurm.command(NODE, OUTSIDE, file, '2');
  assert.is(out, 'sum 42\nworkers 2');
  const { code, err } = await job.endAndLeaveNothing();
  assert.is(code, 0, err);
});

test('a folder that is not shared: says which ranks see it, and what to pass', async (slurm) => {
  const options = JSON.stringify({ directory: slurm.localFolder, startTimeoutMs: 6000 });
  const { code, err } = await slurm.srun(['-N2', '-n4', '--ntasks-per-node=2'], [WHERE, options]).endAndLeaveNothing();
  assert.is(code, 1);
  assert.match(err, /Only ranks 2 and 3 of node2 are seen there: the folder is not shared by all nodes/);
  assert.match(err, 'Pass a "directory" that is');
});

function schedulerFileIn(folder: string): string | undefined {
  const name = readdirSync(folder).find((one) => /^scheduler-\d+\.json$/.test(one));
  return name === undefined ? undefined : join(folder, name);
}

test.run();
