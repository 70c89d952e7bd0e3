import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { identify } from '../../src/runners/identity.ts';

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
  const identity = { launcher: 'rolecall', rank: 0, size: 4, localRank: 0, localSize: 4, run: 'run-1' };
  assert.equal(identify(OWN), identity);
});

test('ranks of Open MPI', () => {
  const run = 'prte-node1-4711@1';
  assert.equal(identify(OPEN_MPI), { launcher: 'openmpi', rank: 5, size: 6, localRank: 1, localSize: 2, run });
});

test('ranks of MPICH and of srun --mpi=pmi2', () => {
  assert.equal(identify(MPICH), { launcher: 'mpich', rank: 1, size: 3, localRank: 1, localSize: 3, run: '9.0...' });
  const underSlurm = identify({ ...SLURM_STEP, PMI_RANK: '2', PMI_SIZE: '4', PMI_JOBID: '57.0' });
  assert.equal([underSlurm?.launcher, underSlurm?.rank, underSlurm?.size], ['mpich', 2, 4]);
});

test('ranks of a Slurm step, whose size is the step and not the job', () => {
  const identity = { launcher: 'slurm', rank: 2, size: 4, localRank: 0, localSize: undefined, run: '57.0.' };
  assert.equal(identify({ ...SLURM_STEP, SLURM_NTASKS: '16' }), identity);
});

test('a requeued Slurm job and another step are other runs', () => {
  const run = (env: Record<string, string>) => identify({ ...SLURM_STEP, ...env })?.run;
  const runs = [run({}), run({ SLURM_RESTART_COUNT: '1' }), run({ SLURM_STEP_ID: '1' }), run({ SLURM_JOB_ID: '58' })];
  assert.is(new Set(runs).size, 4);
});

test('the body of an sbatch script is no rank, though it has SLURM_PROCID and SLURM_NTASKS', () => {
  const body = { SLURM_PROCID: '0', SLURM_NTASKS: '6', SLURM_GTIDS: '0', SLURM_LOCALID: '0', SLURM_JOB_ID: '57' };
  assert.is(identify(body), undefined);
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
