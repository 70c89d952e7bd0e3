import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { libraryFor, mpiFamily } from '../../src/runners/mpi/libraries.ts';
import { recordedEnvironment } from '../support/environments.ts';

const test = suite('which MPI library');

test('mpiFamily: that of the launcher, also inside a job of Slurm', () => {
  for (const name of ['openmpi', 'openmpi-in-sbatch', 'openmpi-in-sbatch-head', 'srun-pmix']) {
    assert.is(mpiFamily(recordedEnvironment(name)), 'openmpi', name);
  }
  for (const name of ['hydra', 'hydra-in-sbatch', 'hydra-in-sbatch-head', 'srun-pmi2', 'srun-pals']) {
    assert.is(mpiFamily(recordedEnvironment(name)), 'mpich', name);
  }
});

test('mpiFamily: none where nothing shows that MPI could be started', () => {
  for (const name of ['srun', 'srun-four-nodes', 'sbatch-body', 'salloc-shell', 'interactive-step']) {
    assert.is(mpiFamily(recordedEnvironment(name)), undefined, name);
  }
  assert.is(mpiFamily({ ROLECALL_RANK: '0', ROLECALL_SIZE: '3' }), undefined);
});

test('libraryFor: what the family has, or what the user names, of whatever family', () => {
  const { libraries, family } = libraryFor(recordedEnvironment('hydra'), undefined);
  assert.equal([libraries[0], family], ['libmpich.so.12', 'mpich']);
  assert.ok(libraries.includes('libmpi.so.12'), 'as Intel MPI calls its own');
  assert.equal(libraryFor(recordedEnvironment('hydra'), '/opt/libmpi.so'), {
    libraries: ['/opt/libmpi.so'],
    family: null,
  });
  assert.equal(libraryFor({}, undefined), { libraries: [], family: null });
});

test.run();
