import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NamedTasks } from '../../src/scheduler/core/named-tasks.ts';
import { clientCost, costOf } from '../../src/scheduler/losses.ts';

const test = suite('what is said of a loss');
const NONE: NamedTasks = { count: 0, names: [] };
const COST = { restarted: NONE, failed: NONE, recomputed: NONE, gone: NONE };
const ONE: NamedTasks = { count: 1, names: ['fit'] };
const MANY: NamedTasks = { count: 90, names: ['fit[0]', 'fit[1]', 'fit[2]'] };

test('costOf: nothing was lost', () => {
  assert.is(costOf(COST, undefined), '');
  assert.is(clientCost(NONE), '');
});

test('costOf: tasks and values, by the names of the first', () => {
  assert.is(costOf({ ...COST, restarted: ONE }, undefined), '; one task that it had: run again (fit)');
  assert.is(
    costOf({ restarted: MANY, failed: ONE, recomputed: ONE, gone: ONE }, undefined),
    '; 90 tasks that it had: run again (fit[0], fit[1], fit[2] and 87 more)' +
      '; one task that it had: fail, for too many workers were lost with it (fit)' +
      '; one value that only it had: computed again (fit)' +
      '; one scattered value that only it had: lost for good (fit)',
  );
});

test('costOf: where no worker is left, all tasks fail', () => {
  assert.is(
    costOf({ ...COST, restarted: ONE, gone: ONE }, MANY),
    '; 90 tasks that had not ended: fail, for no worker is left (fit[0], fit[1], fit[2] and 87 more)' +
      '; one scattered value that only it had: lost for good (fit)',
  );
});

test('clientCost', () => {
  assert.is(clientCost(ONE), '; one task that had not ended: lost (fit)');
});

test.run();
