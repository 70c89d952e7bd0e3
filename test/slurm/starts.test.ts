import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missing } from '../support/needs.ts';
import type { Job } from '../support/run-job.ts';
import { SLURM, SlurmCluster } from '../support/slurm/slurm-cluster.ts';

const test = suite<{ slurm: SlurmCluster }>('SlurmRunner: starts');
const jobFile = (name: string): string => new URL(`./jobs/${name}`, import.meta.url).pathname;
const SEED = jobFile('seed.ts');

test.before(async (context) => {
  context.slurm = await SlurmCluster.start();
});
test.after(({ slurm }) => slurm[Symbol.asyncDispose]());

interface Printed {
  readonly [name: string]: unknown;
  readonly workers: readonly string[];
  readonly schedulerAddresses: readonly string[];
}

async function printed(job: Job): Promise<Printed> {
  const { code, out, err } = await job.endAndLeaveNothing();
  assert.is(code, 0, err);
  assert.is(err, '');
  return JSON.parse(out);
}

const PLACED = ['2@node2', '3@node2', '4@node3', '5@node3', '6@node4', '7@node4'];
const SPREAD = ['-N4', '-n8', '--ntasks-per-node=2'];

for (const mpi of ['none', 'pmi2', 'pmix']) {
  test(`srun --mpi=${mpi} of 8 ranks on 4 nodes`, async ({ slurm }) => {
    const result = await printed(slurm.srun([...SPREAD, `--mpi=${mpi}`], [SEED]));
    const { ten, rank, twenty, role, worldSize, nWorkers, workers, host, schedulerAddresses } = result;
    assert.equal([ten, rank, twenty, role, worldSize, nWorkers, host], [11, '2', 21, 'client', 8, 6, 'node1']);
    assert.equal(workers, PLACED);
    assert.is(result['meets'], mpi === 'pmi2' ? 'through PMI' : 'in a folder');
    const places = schedulerAddresses.map((address) => address.replace(/^tls:\/\/|:\d+$/g, ''));
    assert.equal(places, ['10.9.0.1', '172.30.1.1', '[fd09::1]']);
  });
}

if (missing(SLURM) === undefined) test.run();
else {
  const skipping = suite('SlurmRunner');
  skipping('starts', () => console.log(`SKIP SlurmRunner: ${missing(SLURM)}`));
  skipping.run();
}
