import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLI, type JobEnd, runJob } from '../support/run-job.ts';

const test = suite('MPIRunner with the option comm');
const JOB = new URL('./jobs/comm.ts', import.meta.url).pathname;

async function run(ranks: number, kind: string): Promise<JobEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'fabric-'));
  try {
    const env = {
      FABRIC_FILE: join(folder, 'broadcast'),
      ROLECALL_ADDON: 'none',
      ROLECALL_START_TIMEOUT_MS: '4000',
    };
    return await runJob([CLI, 'run', '-n', String(ranks), JOB, kind], { env });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the ranks meet by it, and in no folder', async () => {
  const { code, out, err } = await run(4, 'plain');
  assert.equal([code, err], [0, '']);
  assert.match(out, '{"rank":1,"squares":[1,4,9],"folder":""}');
});

test('a promise is not waited for on the rank of the client', async () => {
  const { code, err } = await run(3, 'promising');
  assert.is(code, 1);
  assert.match(err, "broadcast returned no bytes on the client's rank, whose constructor cannot wait for a promise");
});

test('one that cannot travel is refused, with the way to what holds it back', async () => {
  const { code, err } = await run(3, 'live');
  assert.is(code, 1);
  assert.match(err, /cannot send the option comm: .*`server` is a live Server of this process/);
});

test.run();
