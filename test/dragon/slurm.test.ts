// serial, deadline: 240 s
/** Ranks that srun started, whose packets go through a runtime of Dragon over their nodes. */
import { readdirSync } from 'node:fs';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { missing } from '../support/needs.ts';
import { CLI, type Job } from '../support/run-job.ts';
import { SLURM, SlurmCluster } from '../support/slurm/slurm-cluster.ts';

const NODES = new URL('./jobs/nodes.ts', import.meta.url).pathname;
const COMPLIANCE = new URL('./jobs/far-compliance.ts', import.meta.url).pathname;
const ENV = { ROLECALL_TRANSPORT: 'dragon' };
/** Two nodes, whose only network is a plain one. */
const AGENTS = {
  ROLECALL_DRAGON_WORDS: '-m -w slurm -t hsta --network-prefix ^eth0$',
  DRAGON_HSTA_FORCE_BACKEND: 'tcp',
};

await inDragonSandbox(import.meta, async () => {
  const lack = missing(SLURM);
  if (lack !== undefined) return console.log(`SKIP DragonHPC under Slurm: ${lack}`);
  process.env['ROLECALL_TEST_DRAGON_HOSTS'] = '1';
  const slurm = await SlurmCluster.start(2);
  slurm.deadlineMs = 120_000; // a runtime on two nodes takes half a minute, and a busy machine longer
  const test = suite('DragonHPC under Slurm');
  test.after(() => slurm[Symbol.asyncDispose]());
  testOneNode(test, slurm);
  testTwoNodes(test, slurm);
  test('leaves nothing behind', () => assert.equal(readdirSync('/dev/shm'), []));
  test.run();
});

function testOneNode(test: Test, slurm: SlurmCluster): void {
  test('srun on one node', async () => {
    const job = slurm.srun(['-N', '1', '-n', '4'], [NODES], ENV);
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.match(out, 'node1 computed 10000000, packets: dragon, values: dragon');
  });
}

/** One runtime, which the first job starts on both nodes and keeps until its gate is open; to the others it is given. */
function testTwoNodes(test: Test, slurm: SlurmCluster): void {
  let keeper: Job;
  let given: Record<string, string> = {};

  test('the compliance suite of transports, between two nodes', async () => {
    keeper = slurm.srun(['-N', '2', '-n', '2'], [COMPLIANCE], AGENTS);
    const [, out = '', contact = ''] = await keeper.printed(/([\s\S]*)\nruntime: (.*)\n/);
    const suites = [...out.matchAll(/DragonTransport between two nodes.*\((\d+) \/ (\d+)\)/g)];
    assert.equal(
      suites.map(([, passed, total]) => passed === total),
      [true, true],
      out,
    );
    const { token, directory } = JSON.parse(contact);
    given = { ...ENV, DRAGON_ATTACH_TOKEN: token, DRAGON_ATTACH_DIR: directory };
  });

  test("packets go through Dragon's agents between nodes, if that is asked for", async () => {
    const job = slurm.srun(['-N', '2', '-n', '4'], [NODES], { ...given, ROLECALL_DRAGON_BETWEEN_NODES: 'always' });
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.match(
      out,
      /node1,node2 computed 10000000, packets: dragon, values: dragon\nclient on node\d, between nodes: dragon\n/,
    );
  });

  test('by default they go through sockets, for there is no fabric; transports, log and doctor say so', async () => {
    const job = slurm.srun(['-N', '2', '-n', '4'], [NODES], { ...given, ROLECALL_LOG: 'info' });
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.match(
      out,
      /node1,node2 computed 10000000, packets: dragon, values: dragon\nclient on node\d, between nodes: embedded\n/,
    );
    assert.match(err, /rank 1 .*: sends packets through DragonHPC on this node, and through sockets between nodes/);
    assert.not.match(err, 'through its agents between nodes');
    const doctor = await slurm.srun(['-N', '1', '-n', '1'], [CLI, 'doctor'], given).endAndLeaveNothing();
    assert.match(doctor.out, /carry packets and hold large values .*; between nodes, sockets: there is no fabric/);
  });

  test('the runtime ends with its job', async () => {
    keeper.openGate();
    const { code, err } = await keeper.endAndLeaveNothing();
    assert.is(code, 0, err);
  });
}
