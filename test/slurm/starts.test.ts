// serial, deadline: 180 s
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { jobFile, printed, slurmSuite, type Where } from './suite.ts';

const test = slurmSuite('SlurmRunner: starts');
const SEED = jobFile('seed.ts');
const WHERE = jobFile('where.ts');
const OUTSIDE = new URL('../runners/jobs/outside.ts', import.meta.url).pathname;
const NODE = process.execPath;
const SPREAD = ['-N4', '-n8', '--ntasks-per-node=2'];

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
  const said = await printed<{ schedulerAddresses: string[]; ten: number }>(job);
  assert.match(said.schedulerAddresses[0] as string, '172.30.1.1'); // nothing answers there
  assert.is(said.ten, 11);
  const six = { schedulerOptions: { host: 'fd09::1' } };
  const named = await printed<typeof said>(slurm.srun(['-N2', '-n3'], [SEED, JSON.stringify(six)]));
  assert.match(named.schedulerAddresses.join(), /^tls:\/\/\[fd09::1\]:\d+$/);
  assert.is(named.ten, 11);
  const wrong = { schedulerOptions: { interface: 'ib7' }, startTimeoutMs: 20_000 };
  const { code, err } = await slurm.srun(['-N1', '-n3'], [SEED, JSON.stringify(wrong)]).endAndLeaveNothing();
  assert.is(code, 1);
  assert.match(err, 'Cannot listen on the interface "ib7" (schedulerOptions.interface): this host has lo, eth0, eth1');
});

test('GPUs: each rank has those that Slurm gave it, each slot one of them', async (slurm) => {
  const seen = (flags: readonly string[], slots: string): Promise<unknown> =>
    printed(slurm.srun(['-N1', '--gres=gpu:2', ...flags], [jobFile('devices.ts'), slots]));
  assert.equal(await seen(['-n3'], '2'), { devices: ['0', '1'], gpus: [2] });
  assert.equal(await seen(['-n4'], '1'), { devices: ['0', '1'], gpus: [2, 2] }, 'two ranks that may use the same ones');
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
