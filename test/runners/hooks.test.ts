import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranks } from '../support/ranks.ts';
import { CLI, runJob } from '../support/run-job.ts';

const test = suite('hooks');
const jobFile = (name: string): string => new URL(`./jobs/${name}`, import.meta.url).pathname;

/** What each rank said, in its order. */
function byRank(out: string): Record<string, string[]> {
  const said: Record<string, string[]> = {};
  for (const [, name = '', rank = '', rest = ''] of out.matchAll(/^hook (\w+) on (\d+) of (.*)$/gm)) {
    said[rank] = [...(said[rank] ?? []), `${name} ${rest}`];
  }
  return said;
}

for (const [name, job] of [
  ['given as functions', 'hooks.ts'],
  ['as methods of a runner class in a module of its own', 'hooked.ts'],
] as const) {
  test(`${name}: each is called on its ranks, in order`, async () => {
    const { code, out, err } = await runJob([CLI, 'run', '-n', '4', jobFile(job)]);
    assert.equal([code, err], [0, '']);
    const world = (addresses: number): string => `4 with 2, ${addresses} addresses`;
    const worker = [`beforeWorkerStart ${world(1)}`, `onWorkerStart ${world(1)}`, `onClose ${world(1)}`];
    assert.equal(byRank(out), {
      0: [`beforeSchedulerStart ${world(0)}`, `onSchedulerStart ${world(1)}`, `onClose ${world(1)}`],
      1: [`beforeClientStart ${world(0)}`, `onClose ${world(1)}`],
      2: worker,
      3: worker,
    });
    const order = (text: string): number => out.indexOf(text);
    assert.ok(order('beforeSchedulerStart') < order('onWorkerStart'));
    assert.ok(order('block') < order('onClose on 1'));
  });
}

for (const name of ['beforeSchedulerStart', 'onSchedulerStart']) {
  test(`${name}: if it fails, the scheduler's rank says why, the client fails, and nothing is left`, async () => {
    await using ranks = new Ranks(3, [jobFile('failing-hook.ts'), name]);
    const ends = ranks.startAll().map((job) => job.endAndLeaveNothing());
    const [scheduler, client, worker] = await Promise.all(ends);
    assert.equal([scheduler?.code, client?.code, worker?.code], [1, 1, 0]);
    assert.match(scheduler?.err as string, /rank 0 .*RangeError: the hook failed/);
    if (name === 'beforeSchedulerStart') assert.match(client?.err as string, 'the scheduler failed: the hook failed');
    assert.equal(ranks.left, []);
  });
}

test('alone they are called as well', async () => {
  const { code, out, err } = await runJob([jobFile('hooks.ts')]);
  assert.equal([code, err], [0, '']);
  assert.equal(Object.keys(byRank(out)).join(), '0,1,2');
});

test.run();
