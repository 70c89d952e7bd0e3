import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needing } from '../support/needs.ts';
import { runJob } from '../support/run-job.ts';

const test = suite('nodes that have nothing but IPv6');
const file = (path: string): string => new URL(path, import.meta.url).pathname;
const NEEDS = { programs: ['unshare', 'ip'], packages: 'util-linux iproute2', root: true };
const NAMESPACES = ['--pid', '--fork', '--kill-child', '--net', '--uts', '--mount', '--mount-proc'];

interface Said {
  readonly schedulerAddresses: readonly string[];
  readonly [name: string]: unknown;
}

/** Four ranks on two nodes: where the scheduler was published, without its ports. */
async function placesWith(options: object): Promise<string[]> {
  const words = [...NAMESPACES, file('../support/ipv6-nodes.sh'), process.execPath, file('./jobs/ipv6.ts')];
  const { code, out, err } = await runJob([...words, JSON.stringify(options)], { program: 'unshare' });
  assert.equal([code, err], [0, ''], out);
  const { schedulerAddresses, ...rest } = JSON.parse(out) as Said;
  const about = { host: 'node2', families: ['IPv6'] };
  assert.equal(rest, { sum: 21_000_000, workers: ['2@node1', '3@node2'], ...about });
  return schedulerAddresses.map((address) => address.replace(/:\d+$/, ''));
}

test(
  ...needing(NEEDS, 'ranks find each other, and values go between the nodes', async () => {
    assert.equal(await placesWith({}), ['tls://[fd06::1]', 'tls://[fd07:1::1]']);
  }),
);

test(
  ...needing(NEEDS, 'on an interface that is named; one that the other node cannot reach is passed over', async () => {
    const workerOptions = { interface: 'eth0' };
    const one = { schedulerOptions: { interface: 'eth0' }, workerOptions };
    assert.equal(await placesWith(one), ['tls://[fd06::1]']);
    const both = { schedulerOptions: { interface: 'eth1,eth0' }, workerOptions, transport: 'wss' };
    assert.equal(await placesWith(both), ['wss://[fd07:1::1]', 'wss://[fd06::1]']);
  }),
);

test.run();
