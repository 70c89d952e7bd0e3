import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { libraryThreads } from '../../src/runners/slots.ts';

const test = suite('libraryThreads');

test('shares the cores of the rank among its slots', () => {
  assert.is(libraryThreads({}, 8, 2)['OMP_NUM_THREADS'], '4');
  assert.is(libraryThreads({}, 7, 2)['OPENBLAS_NUM_THREADS'], '3');
  assert.is(libraryThreads({}, 2, 4)['MKL_NUM_THREADS'], '1');
});

test('leaves what the user has set, and lets an OMP_NUM_THREADS hold for all', () => {
  const set = libraryThreads({ OMP_NUM_THREADS: '5', MKL_NUM_THREADS: '2' }, 8, 2);
  assert.is(set['OPENBLAS_NUM_THREADS'], '5');
  assert.not('OMP_NUM_THREADS' in set);
  assert.not('MKL_NUM_THREADS' in set);
});

test.run();
