import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('futures are released when nothing can reach them any more, and not before', async () => {
  const job = fileURLToPath(new URL('./jobs/release.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', job], { timeout: 50_000 });
  assert.equal(stdout.trim().split('\n'), [
    'ok unreachable futures are released',
    'ok futures that can be reached are kept, one of an array keeps the array',
    '500000 500000',
    'waited for 7',
    'made from an unreachable future: 100000',
  ]);
  assert.is(stderr, '');
});

test.run();
