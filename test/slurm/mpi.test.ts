// deadline: 120 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadAddon } from '../../src/native/load.ts';
import { MPICH, missingLauncher, OPEN_MPI } from '../support/mpi-launchers.ts';
import { missing } from '../support/needs.ts';
import type { Job } from '../support/run-job.ts';
import { SLURM, SlurmCluster } from '../support/slurm/slurm-cluster.ts';

const test = suite<{ slurm: SlurmCluster }>('MPIRunner in Slurm');
const JOB = new URL('../runners/jobs/mpi.ts', import.meta.url).pathname;
/** Each node has a network, eth1, that reaches none of the others; and MPI must not take several nodes for one machine. */
const BETWEEN_NODES = {
  OMPI_MCA_pml: 'ob1',
  OMPI_MCA_btl: 'self,tcp',
  OMPI_MCA_btl_tcp_if_include: 'eth0',
  OMPI_MCA_oob_tcp_if_include: 'eth0',
  UCX_TLS: 'self,posix,tcp', // with tcp alone this UCX hangs within a node
  UCX_NET_DEVICES: 'eth0',
};
const AS_ROOT = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
const ENV = { ...BETWEEN_NODES, ...AS_ROOT };

test.before(async (context) => {
  context.slurm = await SlurmCluster.start();
});
test.after(({ slurm }) => slurm[Symbol.asyncDispose]());

/** Checks a run that met by MPI: else its standard error would say so. */
async function check(job: Job, size: number, firstWorker = 2): Promise<void> {
  const { code, out, err } = await job.endAndLeaveNothing();
  assert.is(code, 0, err);
  assert.is(err, '');
  const workers = Array.from({ length: size - firstWorker }, (_, i) => String(i + firstWorker));
  const { onLast: _, ...result } = JSON.parse(out);
  assert.equal(result, { rank: 1, size, workers, squares: [1, 4, 9] });
}

/** Submits a batch script, waits for it, and prints what it printed. */
function batch(slurm: SlurmCluster, flags: string, command: string): Job {
  const script = `sbatch --wait --quiet --output=out ${flags} --wrap '${command}'; code=$?; cat out; rm out; exit $code`;
  return slurm.job(['sh', '-c', script], ENV);
}

test('srun --mpi=pmix: Open MPI over four nodes', ({ slurm }) =>
  check(slurm.srun(['-N4', '-n8', '--ntasks-per-node=2', '--mpi=pmix'], [JOB], ENV), 8));

test('srun --mpi=pmi2: MPICH over two nodes', ({ slurm }) =>
  check(slurm.srun(['-N2', '-n4', '--ntasks-per-node=2', '--mpi=pmi2'], [JOB], ENV), 4));

test('srun alone: the ranks meet in the folder, and the user is told once', async ({ slurm }) => {
  const { code, out, err } = await slurm.srun(['-N2', '-n4', '--mpi=none'], [JOB], ENV).endAndLeaveNothing();
  assert.is(code, 0, err);
  assert.match(out, '"size":4');
  assert.is(
    err,
    'rolecall: MPI is not used for the start, because no launcher of MPI has started the ranks. The ranks meet in a folder\n',
  );
});

test('mpirun of Open MPI in a batch script, over three nodes', ({ slurm }) =>
  check(batch(slurm, '-N3 -n6 --ntasks-per-node=2', `mpirun.openmpi -n 6 ${process.execPath} ${JOB}`), 6));

test('mpiexec of MPICH in a batch script, over two nodes', ({ slurm }) =>
  check(batch(slurm, '-N2 -n4 --ntasks-per-node=2', `mpiexec.hydra -n 4 ${process.execPath} ${JOB}`), 4));

test('one rank on each node, and both work', async ({ slurm }) => {
  for (const start of ['mpirun.openmpi -n 2', 'mpiexec.hydra -n 2']) {
    const job = `${start} ${process.execPath} ${JOB} "{\\"options\\":{\\"inclusive\\":true}}"`;
    await check(batch(slurm, '-N2 -n2 --ntasks-per-node=1', job), 2, 0);
  }
});

const lack = missing(SLURM) ?? missingLauncher(OPEN_MPI) ?? missingLauncher(MPICH) ?? loadAddon().missing;
if (lack === null) test.run();
else {
  const skipping = suite('MPIRunner in Slurm');
  skipping('starts', () => console.log(`SKIP MPIRunner in Slurm: ${lack}`));
  skipping.run();
}
