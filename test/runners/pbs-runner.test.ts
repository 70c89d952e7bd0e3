// deadline: 180 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OPEN_MPI } from '../support/mpi-launchers.ts';
import { needing } from '../support/needs.ts';
import { CLI, Job, type JobEnd, runJob } from '../support/run-job.ts';

const test = suite('PBSRunner, under a stand-in for PBS');
const STAND_IN = new URL('../support/pbs/stand-in.ts', import.meta.url).pathname;
const JOB = new URL('./jobs/pbs.ts', import.meta.url).pathname;
const BUSY = new URL('./jobs/busy-pbs.ts', import.meta.url).pathname;
const NODE = process.execPath;
/** What a task of pbsdsh must be told. */
const HANDED = 'PATH=$PATH ROLECALL_SIZE=$(wc -l < $PBS_NODEFILE) ROLECALL_DIRECTORY=$PBS_O_WORKDIR';

/** Submits a script with the given body. */
function pbs(options: readonly string[], ...body: readonly string[]): Promise<JobEnd> {
  return runJob([
    STAND_IN,
    'job',
    '--walltime',
    '0:30:00',
    ...options,
    '--',
    '/bin/bash',
    '-c',
    ['cd $PBS_O_WORKDIR', ...body].join('\n'),
  ]);
}

function resultIn({ code, out, err }: JobEnd): Record<string, unknown> {
  assert.is(code, 0, out + err);
  const line = out.split('\n').find((text) => text.startsWith('{'));
  assert.ok(line, out + err);
  return JSON.parse(line as string);
}

const EXPECTED = {
  runner: 'PBSRunner',
  rank: 1,
  worldSize: 4,
  workers: ['2', '3'],
  squares: [1, 4, 9],
  minutes: 30,
};

test('mpiexec, with the ranks of PALS', async () => {
  assert.equal(resultIn(await pbs(['--select', '2:2'], `mpiexec -n 4 --ppn 2 ${NODE} ${JOB}`)), EXPECTED);
});

test(
  ...needing({ programs: ['mpiexec.hydra'], packages: 'mpich' }, 'the real mpiexec of MPICH', async () => {
    const mpiexec = `mpiexec.hydra -iface lo -launcher fork -n 4 ${NODE} ${JOB}`; // by ssh, it would look for the nodes
    assert.equal(resultIn(await pbs(['--select', '2:2'], mpiexec)), EXPECTED);
  }),
);

const OPENMPI = { programs: ['mpirun.openmpi'], packages: 'openmpi-bin' };
test(
  ...needing(OPENMPI, 'the real mpirun of Open MPI, whose ranks meet in a broadcast', async () => {
    const { program, env, words } = OPEN_MPI;
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const mpirun = `env ${variables.join(' ')} ${program} ${words(4).join(' ')} ${NODE} ${JOB}`;
    const end = await pbs(['--select', '2:2'], mpirun);
    assert.equal(resultIn(end), EXPECTED);
    assert.is(end.err, '');
    const without = await pbs(['--select', '2:2'], `export ROLECALL_MPI_LIBRARY=libnowhere.so`, mpirun);
    assert.equal(resultIn(without), EXPECTED);
    assert.match(
      without.err,
      /^rolecall: MPI is not used for the start, because libnowhere\.so: .* The ranks meet in \/.*\n$/,
    );
  }),
);

test('pbsdsh of OpenPBS, which gives no ranks', async () => {
  const end = await pbs(['--select', '2:2'], `pbsdsh -- /usr/bin/env ${HANDED} ${NODE} ${JOB}`);
  assert.equal(resultIn(end), EXPECTED);
  assert.is(end.err, '');
});

test('pbsdsh of Torque, which does', async () => {
  const end = await pbs(['--select', '2:2', '--torque'], `pbsdsh -- /usr/bin/env ${HANDED} ${NODE} ${JOB}`);
  assert.equal(resultIn(end), EXPECTED);
});

test('pbsdsh twice in one job, one after the other', async () => {
  const start = `pbsdsh -- /usr/bin/env ${HANDED} ${NODE} ${JOB}`;
  const { code, out, err } = await pbs(['--select', '1:3'], start, start);
  assert.is(code, 0, err);
  assert.is(out.match(/"worldSize":3/g)?.length, 2, out + err);
});

test('the scripts that `rolecall script pbs` prints', async () => {
  for (const [launcher, size] of [
    ['mpiexec', '2'],
    ['pbsdsh', '2'],
  ] as const) {
    const shape = ['--nodes', '2', '--tasks-per-node', size, '--time', '1:00:00', '--with', launcher];
    const { out: script } = await runJob([CLI, 'script', 'pbs', ...shape, JOB]);
    const job = new Job([
      STAND_IN,
      'job',
      '--select',
      '2:2',
      '--',
      '/bin/bash',
      '-c',
      `PATH=$PATH:${NODE.replace(/\/node$/, '')}\n${script}`,
    ]);
    const end = await job.endAndLeaveNothing();
    assert.equal(resultIn(end), { ...EXPECTED, workers: ['0', '1', '2', '3'], minutes: 60 });
  }
});

test('more tasks than ranks: the surplus one is refused, and the others go on', async () => {
  const more = `pbsdsh -c 4 -- /usr/bin/env ${HANDED} ROLECALL_SIZE=3 ${NODE} ${BUSY}`;
  const job = new Job([STAND_IN, 'job', '--select', '1:4', '--', '/bin/bash', '-c', `cd $PBS_O_WORKDIR; exec ${more}`]);
  await job.printed(/RolecallError: Cannot take a rank: all 3 ranks of PBS job \S+ are taken/);
  await job.printed(/started/);
  job.child.kill('SIGTERM');
  await job.endAndLeaveNothing();
});

test('a job that fails: each launcher tells it in its way', async () => {
  const mpiexec = await pbs(['--select', '1:3'], `mpiexec -n 3 ${NODE} ${JOB} '{}' fail`);
  assert.is(mpiexec.code, 1);
  assert.is(mpiexec.err.match(/RangeError: as it was told/g)?.length, 1, mpiexec.err);
  const pbsdsh = await pbs(['--select', '1:3'], `pbsdsh -- /usr/bin/env ${HANDED} ${NODE} ${JOB} '{}' fail`);
  assert.is(pbsdsh.code, 0, 'pbsdsh says 0 whatever its tasks did');
  assert.is(pbsdsh.out.match(/^pbsdsh: task 0x0000000\d exit status 1$/gm)?.length, 1, pbsdsh.out);
});

test('in the body of the job: refused, with the way to do it', async () => {
  const { code, err } = await pbs(['--select', '2:2'], `${NODE} ${JOB}`);
  assert.is(code, 1);
  assert.match(err, /this is the script or shell of PBS job \S+, and one process, where the job has 4 ranks/);
  assert.match(err, 'mpiexec node job.js');
});

test('pbsdsh without the number of ranks: refused by those that cannot know it', async () => {
  const { err } = await pbs(['--select', '1:3', '--no-sister-nodefile'], `pbsdsh -- ${NODE} ${JOB}`);
  assert.is(err.match(/the file of nodes of PBS job \S+ cannot be read here/g)?.length, 3, err);
});

test('a job that is deleted leaves nothing', async () => {
  const pbsdsh = `pbsdsh -- /usr/bin/env ${HANDED} ${NODE} ${BUSY}`;
  const job = new Job([
    STAND_IN,
    'job',
    '--select',
    '1:3',
    '--',
    '/bin/bash',
    '-c',
    `cd $PBS_O_WORKDIR; exec ${pbsdsh}`,
  ]);
  await job.printed(/started/);
  job.child.kill('SIGTERM');
  await job.endAndLeaveNothing();
});

test.run();
