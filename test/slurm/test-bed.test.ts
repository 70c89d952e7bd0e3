import { readlinkSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needing } from '../support/needs.ts';
import { SLURM, SlurmCluster } from '../support/slurm/slurm-cluster.ts';

const test = suite('the private Slurm of tests');

test(
  ...needing(SLURM, 'is up within two seconds, and every node has a host name and addresses of its own', async () => {
    const startedAt = performance.now();
    await using slurm = await SlurmCluster.start();
    const ms = performance.now() - startedAt;
    console.log(`up in ${Math.round(ms)} ms`);
    assert.ok(ms < 2000 || process.env['CI'] !== 'true', `it took ${ms} ms`);

    const script = 'echo $(hostname) $(ip -o -4 addr show scope global | grep -o "inet [0-9.]*" | cut -c6-)';
    const lines = (await slurm.command('srun', '-N4', 'sh', '-c', script)).split('\n').sort();
    assert.equal(
      lines,
      [1, 2, 3, 4].map((i) => `node${i} 10.9.0.${i} 172.30.${i}.1`),
    );
  }),
);

test(
  ...needing(SLURM, 'two at once do not meet, and nothing of them is left', async () => {
    const own = readlinkSync('/proc/self/ns/net');
    {
      await using one = await SlurmCluster.start(1);
      await using two = await SlurmCluster.start(2);
      const [of1, of2] = await Promise.all(
        [one, two].map((slurm) => slurm.command('srun', 'sh', '-c', 'readlink /proc/self/ns/net; (sleep 1000 &)')),
      );
      assert.is(new Set([own, of1, of2]).size, 3);
      assert.is(await two.command('sinfo', '--noheader', '--format=%D'), '2');
    }
    // The test runner finds any process that is left.
  }),
);

test.run();
