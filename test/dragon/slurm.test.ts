// serial, deadline: 240 s
/** Ranks that srun started, whose packets go through a runtime of Dragon over their nodes. */
import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { missing } from '../support/needs.ts';
import { SLURM, SlurmCluster } from '../support/slurm/slurm-cluster.ts';

const NODES = new URL('./jobs/nodes.ts', import.meta.url).pathname;
const ENV = { ROLECALL_TRANSPORT: 'dragon' };

await inDragonSandbox(import.meta, async () => {
  const lack = missing(SLURM);
  if (lack !== undefined) return console.log(`SKIP DragonHPC under Slurm: ${lack}`);
  process.env['ROLECALL_TEST_DRAGON_HOSTS'] = '1';
  const slurm = await SlurmCluster.start(2);
  slurm.deadlineMs = 120_000; // a runtime on two nodes takes half a minute, and a busy machine longer
  const test = suite('DragonHPC under Slurm');
  test.after(() => slurm[Symbol.asyncDispose]());

  test('srun on one node', async () => {
    const job = slurm.srun(['-N', '1', '-n', '4'], [NODES], ENV);
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.match(out, 'node1 computed 10000000, packets: dragon');
  });

  test("srun on two nodes: packets go through Dragon's agents between them, if that is asked for", async () => {
    const words = '-m -w slurm -t hsta --network-prefix ^eth0$';
    const env = {
      ...ENV,
      ROLECALL_DRAGON_WORDS: words,
      DRAGON_HSTA_FORCE_BACKEND: 'tcp',
      ROLECALL_DRAGON_BETWEEN_NODES: 'always',
    };
    const job = slurm.srun(['-N', '2', '-n', '6'], [NODES], env);
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.match(out, /node1,node2 computed 10000000, packets: dragon\nclient on node\d, between nodes: dragon\n/);
  });

  test('leaves nothing behind', () => assert.equal(readdirSync('/dev/shm'), []));

  test.run();
});
