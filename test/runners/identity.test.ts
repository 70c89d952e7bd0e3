import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { explainIdentity, type Identity, identify } from '../../src/runners/identity.ts';
import { LAUNCHERS } from '../../src/runners/launchers.ts';
import { environmentNames, recordedEnvironment } from '../support/environments.ts';

const test = suite('identify');

const SLURM_STEP = {
  SLURM_PROCID: '2',
  SLURM_STEP_NUM_TASKS: '4',
  SLURM_LOCALID: '0',
  SLURM_GTIDS: '2,3',
  SLURM_JOB_ID: '57',
  SLURM_STEP_ID: '0',
};
const OPEN_MPI = {
  OMPI_COMM_WORLD_RANK: '5',
  OMPI_COMM_WORLD_SIZE: '6',
  OMPI_COMM_WORLD_LOCAL_RANK: '1',
  OMPI_COMM_WORLD_LOCAL_SIZE: '2',
  PMIX_NAMESPACE: 'prte-node1-4711@1',
};
const MPICH = { PMI_RANK: '1', PMI_SIZE: '3', MPI_LOCALRANKID: '1', MPI_LOCALNRANKS: '3', PMI_JOBID: '9.0' };
const OWN = { ROLECALL_RANK: '0', ROLECALL_SIZE: '4', ROLECALL_RUN: 'run-1' };

test('nothing in the environment is nobody', () => {
  assert.is(identify({}), undefined);
  assert.is(identify({ PATH: '/bin', HOSTNAME: 'node1' }), undefined);
});

test('ranks of rolecall run', () => {
  const known = { node: undefined, job: undefined, step: undefined, restart: 0, run: 'run-1' };
  assert.equal(identify(OWN), { launcher: 'rolecall', rank: 0, size: 4, localRank: 0, localSize: 4, ...known });
});

test('ranks of Hydra on one node: where its mpiexec listens names the start; on several, some of them may not see that', () => {
  const hydra = '127.0.0.1:4711';
  const run = (env: Record<string, string>): string | undefined => identify(env, { hydra })?.run;
  assert.is.not(run(MPICH), identify(MPICH)?.run);
  assert.is.not(run(MPICH), identify(MPICH, { hydra: '127.0.0.1:4712' })?.run);
  const spread = { ...MPICH, MPI_LOCALNRANKS: '2' };
  assert.is(run(spread), identify(spread)?.run);
  assert.is(run(OPEN_MPI), identify(OPEN_MPI)?.run, 'which has a name for it');
});

type Maybe<T> = T | undefined;
type Facts = readonly [
  launcher: string,
  rank: number,
  size: number,
  localRank?: Maybe<number>,
  localSize?: Maybe<number>,
  node?: Maybe<number>,
  job?: Maybe<string>,
  step?: Maybe<string>,
  restart?: Maybe<number>,
];

/** What each recorded environment must give; undefined where the process is no rank. */
const RECORDED: Readonly<Record<string, Facts | undefined>> = {
  srun: ['slurm', 2, 3, 2, 3, 0, '1001', '0'],
  'srun-four-nodes': ['slurm', 5, 8, 1, 2, 2, '1002', '0'],
  'srun-cyclic': ['slurm', 4, 6, 2, 4, 0, '1003', '0'],
  'srun-pmi2': ['slurm', 3, 4, 0, 1, 3, '1004', '0'],
  'srun-pmix': ['slurm', 3, 4, 0, 1, 3, '2000', '0'],
  'srun-pals': ['slurm', 3, 4, 0, 1, 3, '2001', '0'],
  'srun-gpu': ['slurm', 3, 4, 0, 1, 1, '2002', '0'],
  'srun-gpu-per-task': ['slurm', 3, 4, 1, 2, 1, '2003', '0'],
  'srun-multi-prog': ['slurm', 3, 4, 3, 4, 0, '2004', '0'],
  'sbatch-body': undefined,
  'srun-in-sbatch': ['slurm', 5, 6, 1, 2, 2, '2005', '0'],
  'srun-second-step': ['slurm', 2, 3, 0, 1, 2, '2005', '1'],
  'srun-preserve-env': ['slurm', 1, 2, 0, 1, 1, '2005', '2'], // its SLURM_NTASKS is the job's 6
  'srun-export-none': ['slurm', 3, 6, 1, 2, 1, '2005', '3'],
  'srun-mpmd': ['slurm', 2, 3, 1, 2, 1, '2005', '4'],
  'srun-nested': ['slurm', 2, 3, 0, 1, 2, '2005', '12'],
  'openmpi-in-sbatch': ['openmpi', 5, 6, 1, 2, undefined, '2005'], // SLURM_PROCID is that of the daemon
  'openmpi-in-sbatch-head': ['openmpi', 0, 6, 0, 2, undefined, '2005'],
  'hydra-in-sbatch': ['mpich', 5, 6, 1, 2, undefined, '2005'],
  'hydra-in-sbatch-head': ['mpich', 0, 6, 0, 2, undefined, '2005'],
  'sbatch-from-body': undefined,
  'sbatch-from-rank': undefined, // has SLURM_STEP_* of the rank that submitted it
  'salloc-shell': undefined,
  'srun-in-salloc': ['slurm', 3, 4, 3, 4, 0, '2009', '0'],
  'interactive-step': undefined, // SLURM_PROCID 0, SLURM_NTASKS 4, SLURM_STEP_NUM_TASKS 1
  'hetjob-body': undefined,
  'srun-het-group': ['slurm', 4, 5, 2, 3, 1, '2010', '0'],
  'srun-het-second': ['slurm', 2, 3, 2, 3, 0, '2010', '1'],
  'requeued-body': undefined,
  'srun-requeued': ['slurm', 1, 2, 1, 2, 0, '2012', '0', 1],
  'srun-array-0': ['slurm', 1, 2, 1, 2, 0, '2014', '0'],
  'srun-array-2': ['slurm', 1, 2, 1, 2, 0, '2013', '0'],
  openmpi: ['openmpi', 2, 3, 2, 3],
  hydra: ['mpich', 2, 3, 2, 3],
};
/** Their environment alone is that of a rank: only what is above the process tells that it is none. */
const SAME_SHAPE = ['sbatch-from-rank-same-shape', 'sbatch-from-rank-of-one'];

function factsOf(identity: Identity): Facts {
  const { launcher, rank, size, localRank, localSize, node, job, step, restart } = identity;
  return [launcher, rank, size, localRank, localSize, node, job, step, restart];
}

function allOf(facts: Facts): Facts {
  const [launcher, rank, size, localRank, localSize, node, job, step, restart = 0] = facts;
  return [launcher, rank, size, localRank, localSize, node, job, step, restart];
}

for (const [name, facts] of Object.entries(RECORDED)) {
  test(`recorded: ${name} is ${facts === undefined ? 'no rank' : `rank ${facts[1]} of ${facts[2]}`}`, () => {
    const identity = identify(recordedEnvironment(name));
    assert.equal(identity && factsOf(identity), facts && allOf(facts));
  });
}

test('every recorded environment is looked at', () => {
  assert.equal(environmentNames().sort(), [...Object.keys(RECORDED), ...SAME_SHAPE].sort());
});

test('a batch body that looks like a rank in every variable is told by the slurmstepd above it', () => {
  for (const name of SAME_SHAPE) {
    const env = recordedEnvironment(name);
    for (const slurmStep of ['2018.batch', '2018.extern', '2016.interactive']) {
      assert.is(identify(env, { slurmStep }), undefined, slurmStep);
    }
    for (const slurmStep of ['2018.0', '2018.0+1', undefined])
      assert.is(identify(env, { slurmStep })?.launcher, 'slurm');
  }
});

test('the tasks of an array, the steps of a job and its restarts are runs of their own', () => {
  const names = [
    'srun-array-0',
    'srun-array-2',
    'srun-in-sbatch',
    'srun-second-step',
    'srun-het-group',
    'srun-het-second',
  ];
  const runs = names.map((name) => identify(recordedEnvironment(name))?.run);
  assert.is(new Set(runs).size, names.length);
  const { SLURM_RESTART_COUNT: _, ...first } = recordedEnvironment('srun-requeued');
  assert.is.not(identify(first)?.run, identify(recordedEnvironment('srun-requeued'))?.run);
});

test('the ranks of one mpirun or mpiexec have one run, wherever they are', () => {
  const head = recordedEnvironment('hydra-in-sbatch-head');
  const rank = { ...recordedEnvironment('hydra-in-sbatch'), SLURM_STEP_ID: head['SLURM_STEP_ID'] }; // recorded in a later mpiexec
  assert.is(identify(rank)?.run, identify(head)?.run);
  const namespace = recordedEnvironment('openmpi-in-sbatch')['PMIX_NAMESPACE'];
  assert.is(identify(recordedEnvironment('openmpi-in-sbatch'))?.run, namespace);
});

/** From documentation: none of these launchers could be run. */
const DOCUMENTED: readonly (readonly [Record<string, string>, Facts])[] = [
  [
    {
      JSM_NAMESPACE_RANK: '7',
      JSM_NAMESPACE_SIZE: '12',
      JSM_NAMESPACE_LOCAL_RANK: '1',
      JSM_NAMESPACE_LOCAL_SIZE: '6',
      LSB_JOBID: '31',
    },
    ['jsrun', 7, 12, 1, 6, undefined, '31'],
  ],
  [
    {
      FLUX_TASK_RANK: '3',
      FLUX_JOB_SIZE: '4',
      FLUX_TASK_LOCAL_ID: '1',
      FLUX_JOB_ID: 'ƒ3kQ',
      PMI_RANK: '3',
      PMI_SIZE: '4',
      PMI_FD: '9',
    },
    ['flux', 3, 4, 1, undefined, undefined, 'ƒ3kQ'],
  ],
  [
    {
      PALS_RANKID: '5',
      PMI_RANK: '5',
      PMI_SIZE: '8',
      PALS_LOCAL_RANKID: '1',
      PALS_LOCAL_SIZE: '4',
      PALS_NODEID: '1',
      PBS_JOBID: '88.srv',
    },
    ['pals', 5, 8, 1, 4, 1, '88.srv'],
  ],
  [
    {
      MV2_COMM_WORLD_RANK: '2',
      MV2_COMM_WORLD_SIZE: '4',
      MV2_COMM_WORLD_LOCAL_RANK: '0',
      PMI_RANK: '2',
      PMI_SIZE: '4',
    },
    ['mvapich2', 2, 4, 0],
  ],
  [
    {
      RANK: '3',
      WORLD_SIZE: '4',
      LOCAL_RANK: '1',
      LOCAL_WORLD_SIZE: '2',
      GROUP_RANK: '1',
      MASTER_ADDR: 'node1',
      TORCHELASTIC_RESTART_COUNT: '2',
    },
    ['torchrun', 3, 4, 1, 2, 1, undefined, undefined, 2],
  ],
  [{ PMIX_RANK: '1', PMIX_NAMESPACE: 'prterun-a@1', ROLECALL_SIZE: '4' }, ['pmix', 1, 4]],
  [
    { PBS_VNODENUM: '2', PBS_NP: '4', PBS_NODENUM: '1', PBS_JOBID: '9.srv', PBS_TASKNUM: '3' },
    ['torque', 2, 4, undefined, undefined, 1, '9.srv'],
  ],
  [{ JOB_COMPLETION_INDEX: '2', ROLECALL_SIZE: '3', HOSTNAME: 'job-2' }, ['kubernetes', 2, 3]],
  [
    { AWS_BATCH_JOB_NODE_INDEX: '1', AWS_BATCH_JOB_NUM_NODES: '3', AWS_BATCH_JOB_ID: 'a#1' },
    ['aws-batch', 1, 3, undefined, undefined, 1, 'a#1'],
  ],
  [{ _CONDOR_PROCNO: '1', _CONDOR_NPROCS: '3' }, ['htcondor', 1, 3]],
];

for (const [env, facts] of DOCUMENTED) {
  test(`from documentation: a rank of ${facts[0]}`, () => {
    assert.equal(factsOf(identify(env) as Identity), allOf(facts));
  });
}

test('names that many programs set are not believed alone', () => {
  assert.is(identify({ RANK: '0', WORLD_SIZE: '4' }), undefined);
  assert.is(identify({ RANK: '0', WORLD_SIZE: '4', LOCAL_RANK: '0' }), undefined);
});

test('a rank without a size is none: PMIx alone, Kubernetes, OpenPBS', () => {
  assert.is(identify({ PMIX_RANK: '1', PMIX_NAMESPACE: 'a' }), undefined);
  assert.is(identify({ JOB_COMPLETION_INDEX: '1' }), undefined);
  assert.is(identify({ PBS_JOBID: '9.srv', PBS_NODENUM: '1', PBS_TASKNUM: '20000001' }), undefined);
  assert.is(
    identify({ PBS_JOBID: '9.srv', PBS_NODENUM: '0', PBS_TASKNUM: '1', PBS_VNODENUM: '0', PBS_NP: '4' }),
    undefined,
  );
});

test('explainIdentity: says of each launcher, in order, why it was believed or not, and from which variables', () => {
  const verdicts = explainIdentity(recordedEnvironment('hydra-in-sbatch'));
  assert.equal(
    verdicts.map(({ launcher }) => launcher),
    LAUNCHERS.map(({ name }) => name),
  );
  const [mpich, ...more] = verdicts.filter(({ taken }) => taken);
  assert.equal([mpich?.launcher, mpich?.why, more], ['mpich', 'PMI_RANK and PMI_SIZE say rank 5 of 6', []]);
  assert.equal([mpich?.variables['PMI_RANK'], mpich?.identity?.rank], ['5', 5]);
  const slurm = verdicts.find(({ launcher }) => launcher === 'slurm');
  assert.equal([slurm?.taken, slurm?.variables['SLURM_PROCID']], [false, '2']);
  const pmi2 = explainIdentity({ ...recordedEnvironment('srun'), ...MPICH });
  assert.is(pmi2.find(({ launcher }) => launcher === 'slurm')?.why, "'mpich' comes first");
});

test('explainIdentity: what speaks against each recorded process that is no rank', () => {
  const why = (name: string, slurmStep?: string) =>
    explainIdentity(recordedEnvironment(name), { slurmStep }).find(({ launcher }) => launcher === 'slurm')
      ?.why as string;
  assert.match(why('sbatch-body'), 'SLURM_STEP_NUM_TASKS is not set');
  assert.match(why('interactive-step'), 'SLURM_STEP_ID 4294967290 is no step that srun starts');
  assert.match(why('sbatch-from-rank'), 'SLURM_GTIDS has 1 ranks where SLURM_STEP_TASKS_PER_NODE says 2');
  assert.match(why('sbatch-from-rank-same-shape', '2018.batch'), 'the slurmstepd of 2018.batch');
  assert.match(why('salloc-shell'), 'SLURM_PROCID is not set');
  const pbs = explainIdentity({ PBS_JOBID: '9.srv', PBS_TASKNUM: '00000002' });
  assert.match(pbs.find(({ launcher }) => launcher === 'openpbs')?.why as string, 'neither rank nor size');
});

test('a requeued Slurm job and another step are other runs', () => {
  const run = (env: Record<string, string>) => identify({ ...SLURM_STEP, ...env })?.run;
  const runs = [run({}), run({ SLURM_RESTART_COUNT: '1' }), run({ SLURM_STEP_ID: '1' }), run({ SLURM_JOB_ID: '58' })];
  assert.is(new Set(runs).size, 4);
});

test('a batch body that was submitted from a rank has the variables of the old step, and is no rank', () => {
  const body = { SLURM_PROCID: '0', SLURM_GTIDS: '0', SLURM_NODEID: '0', SLURM_NTASKS: '1', SLURM_JOB_NUM_NODES: '1' };
  const severalOnNode = { SLURM_STEP_TASKS_PER_NODE: '2(x2)', SLURM_STEP_NUM_NODES: '2' };
  const oneOnNode = { SLURM_STEP_TASKS_PER_NODE: '1(x4)', SLURM_STEP_NUM_NODES: '4' };
  assert.is(identify({ ...SLURM_STEP, ...body, ...severalOnNode }), undefined);
  assert.is(identify({ ...SLURM_STEP, ...body, ...oneOnNode }), undefined);
  assert.is(identify({ ...SLURM_STEP, ...body, SLURM_PROCID: '1' }), undefined);
});

test('a step on nodes with several numbers of ranks, with srun --preserve-env, and of a heterogeneous job', () => {
  const node2 = { SLURM_NODEID: '2', SLURM_STEP_TASKS_PER_NODE: '1(x2),2', SLURM_STEP_NUM_NODES: '3' };
  assert.is(identify({ ...SLURM_STEP, ...node2, SLURM_JOB_NUM_NODES: '3' })?.rank, 2);
  assert.is(identify({ ...SLURM_STEP, ...node2, SLURM_JOB_NUM_NODES: '5', SLURM_NTASKS: '16' })?.size, 4);
  assert.is(identify({ ...SLURM_STEP, ...node2, SLURM_JOB_NUM_NODES: '2', SLURM_HET_SIZE: '2' })?.rank, 2);
});

test('the shell of an interactive step and other steps that are none are no ranks', () => {
  for (const step of ['4294967290', '4294967291', '-5', '-6', '', 'extern']) {
    assert.is(identify({ ...SLURM_STEP, SLURM_PROCID: '0', SLURM_GTIDS: '0', SLURM_STEP_ID: step }), undefined, step);
  }
});

test('MPI variables beat those of Slurm, which belong to the daemons there', () => {
  const daemon = { ...SLURM_STEP, SLURM_PROCID: '1', SLURM_GTIDS: '1', SLURM_STEP_NUM_TASKS: '2' };
  assert.equal([identify({ ...daemon, ...OPEN_MPI })?.rank, identify({ ...daemon, ...OPEN_MPI })?.size], [5, 6]);
  assert.equal([identify({ ...daemon, ...MPICH })?.rank, identify({ ...daemon, ...MPICH })?.size], [1, 3]);
});

test('ranks of rolecall run inside an allocation or under MPI are those', () => {
  assert.is(identify({ ...SLURM_STEP, ...OPEN_MPI, ...MPICH, ...OWN })?.launcher, 'rolecall');
});

test('rank and size come from one row: half a row is none', () => {
  assert.is(identify({ OMPI_COMM_WORLD_RANK: '1', PMI_SIZE: '4' }), undefined);
  assert.is(identify({ ROLECALL_RANK: '1', SLURM_STEP_NUM_TASKS: '4' }), undefined);
});

test('a rank that is not below the size is none, nor is what is no number', () => {
  for (const [rank, size] of [
    ['4', '4'],
    ['5', '4'],
    ['-1', '4'],
    ['1.5', '4'],
    ['', '4'],
    ['0x1', '4'],
    ['1', ''],
    ['99999999999', '999999999999'],
  ]) {
    assert.is(identify({ PMI_RANK: rank, PMI_SIZE: size }), undefined, `${rank} of ${size}`);
  }
});

test.run();
