import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adviseInclusive } from '../../src/cli/advice.ts';

const test = suite('adviseInclusive');

test('where scheduler and client would have whole nodes for themselves', () => {
  const inclusive = (nodes: number, tasksPerNode: number) => adviseInclusive({ nodes, tasksPerNode }).inclusive;
  assert.equal([inclusive(4, 1), inclusive(4, 2), inclusive(2, 2)], [true, true, true]);
  assert.equal([inclusive(4, 3), inclusive(1, 4), inclusive(100, 64)], [false, false, false]);
  assert.match(adviseInclusive({ nodes: 4, tasksPerNode: 1 }).why, 'two nodes of 4');
  assert.match(adviseInclusive({ nodes: 4, tasksPerNode: 2 }).why, 'one node of 4');
});

test('where nobody else could work', () => {
  for (const [nodes, tasksPerNode] of [
    [1, 1],
    [1, 2],
    [2, 1],
  ] as const) {
    const { inclusive, why } = adviseInclusive({ nodes, tasksPerNode });
    assert.ok(inclusive);
    assert.match(why, 'none left to work');
  }
});

test.run();
