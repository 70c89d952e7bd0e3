import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { candidates, claimRank } from '../../src/runners/pbs-claim.ts';
import { parseHosts, pbsHosts, ranksOfNode } from '../../src/runners/pbs-nodes.ts';
import { thrown } from '../support/rejection.ts';

const test = suite<{ folder: string }>('ranks for the tasks of pbsdsh');
const HOSTS = ['a', 'a', 'b', 'b', 'b'];
const CLAIM = new URL('./jobs/claim.ts', import.meta.url).pathname;

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'claims-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test('the file of nodes has a line for each rank', () => {
  assert.equal(parseHosts('a\na\n b \n\n'), ['a', 'a', 'b']);
  assert.equal([ranksOfNode(HOSTS, 0), ranksOfNode(HOSTS, 1), ranksOfNode(HOSTS, 2)], [[0, 1], [2, 3, 4], []]);
  assert.is(pbsHosts({ PBS_NODEFILE: '/no/such/file', PBS_JOBID: '1.x' }), undefined);
  assert.is(pbsHosts({}), undefined);
});

test('a task tries the ranks of its own node first, and then all others', () => {
  assert.equal(candidates({ size: 5, node: 1, hosts: HOSTS }), [2, 3, 4, 0, 1]);
  assert.equal(candidates({ size: 3, node: 1, hosts: HOSTS }), [2, 0, 1]);
  assert.equal(candidates({ size: 3, node: 7, hosts: [] }), [0, 1, 2]);
});

test('many tasks at the same moment take each rank once', async ({ folder }) => {
  const start = async (i: number): Promise<string> => {
    const child = spawn(process.execPath, [CLAIM, folder, '12', String(i % 2)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return (await child.stdout.setEncoding('utf8').toArray()).join('').trim();
  };
  const ranks = await Promise.all(Array.from({ length: 12 }, (_, i) => start(i)));
  assert.equal(
    ranks.map(Number).sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, i) => i),
  );
  assert.is(await start(0), 'ERR_RUNNER_START', 'one too many');
  assert.ok(readdirSync(folder).includes('owner.json'));
});

test('a process keeps its rank when it asks again, and is told who has the others', ({ folder }) => {
  const request = { folder, size: 1, node: 0, hosts: [], job: '9.x' };
  assert.equal([claimRank(request), claimRank(request)], [0, 0]);
  const { message } = thrown(() => claimRank({ ...request, size: 0 }), 'ERR_RUNNER_START');
  assert.match(message, `"pid":${process.pid}`);
  assert.match(message, 'set ROLECALL_ID');
});

test.run();
