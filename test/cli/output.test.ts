import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CLI, runJob } from '../support/run-job.ts';

const node = process.execPath;
const inShell = (line: string) => runJob(['-c', line], { program: 'bash' });

test('a reader who has had enough is no error', async () => {
  const { code, err } = await inShell(`set -o pipefail; ${node} ${CLI} run --help | head -1; exit \${PIPESTATUS[0]}`);
  assert.is(err, '');
  assert.is(code, 0);
});

test('a script that cannot be written down is one', async () => {
  const { code, err } = await inShell(
    `${node} ${CLI} script slurm --nodes 1 --tasks-per-node 3 --time 0:30:00 job.js > /dev/full`,
  );
  assert.match(err, /^rolecall: Cannot write to standard output: .*ENOSPC/);
  assert.is(code, 1);
});

test.run();
