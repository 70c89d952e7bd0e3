import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needing } from '../support/needs.ts';
import { runJob } from '../support/run-job.ts';

const test = suite('a node that the network does not reach any more');
const file = (path: string): string => new URL(path, import.meta.url).pathname;
const NEEDS = { programs: ['unshare', 'ip'], packages: 'util-linux iproute2', root: true };
const NAMESPACES = ['--pid', '--fork', '--kill-child', '--net', '--uts', '--mount', '--mount-proc'];

test(
  ...needing(NEEDS, 'its workers are given up for their silence, and give the scheduler up for its own', async () => {
    const words = [...NAMESPACES, file('../support/ipv6-nodes.sh'), process.execPath, file('./jobs/cut-off.ts')];
    const startedAt = performance.now();
    const { code, out, err } = await runJob(words, { program: 'unshare' }); // it ends when all ranks have
    assert.is(code, 0, err);
    const [, ms] = out.match(/^lost after (\d+) ms\n$/) ?? [];
    assert.ok(Number(ms) > 1000 && Number(ms) < 6000, out + err);
    for (const rank of [1, 3])
      assert.match(err, new RegExp(`lost worker ${rank} on node2 .*: it has been silent for 2 s`));
    const toTheEndMs = Math.round(performance.now() - startedAt) - Number(ms);
    assert.ok(toTheEndMs < 15_000, `start and end took ${toTheEndMs} ms`);
  }),
);

test.run();
