import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { libraryThreads, slotsOf } from '../../src/runners/slots.ts';

const test = suite('slots of a worker');

test('libraryThreads shares the cores of the rank among its slots', () => {
  assert.is(libraryThreads({}, 8, 2)['OMP_NUM_THREADS'], '4');
  assert.is(libraryThreads({}, 7, 2)['OPENBLAS_NUM_THREADS'], '3');
  assert.is(libraryThreads({}, 2, 4)['MKL_NUM_THREADS'], '1');
});

test('libraryThreads leaves what the user has set, and lets an OMP_NUM_THREADS hold for all', () => {
  const set = libraryThreads({ OMP_NUM_THREADS: '5', MKL_NUM_THREADS: '2' }, 8, 2);
  assert.is(set['OPENBLAS_NUM_THREADS'], '5');
  assert.not('OMP_NUM_THREADS' in set);
  assert.not('MKL_NUM_THREADS' in set);
});

test('a rank that was bound to some cores has them for itself', () => {
  assert.is(slotsOf(4, 64, 16), 4);
  assert.is(slotsOf(1, 2, 1), 1);
});

test('ranks that may all use the same cores share them', () => {
  assert.is(slotsOf(64, 64, 16), 4);
  assert.is(slotsOf(64, 8, 4), 2); // Slurm gave the job 8 cores of the node, and does not hold it to them
  assert.is(slotsOf(8, 8, 1), 8);
});

test('there is always one', () => {
  assert.is(slotsOf(2, 2, 5), 1);
  assert.is(slotsOf(2, 2, 0), 2);
});

test.run();
