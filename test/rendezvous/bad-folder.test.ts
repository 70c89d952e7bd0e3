import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needing } from '../support/needs.ts';
import { CLI, type JobEnd, messagesIn, runJob } from '../support/run-job.ts';

const test = suite('a folder that ranks cannot meet in');
const JOB = new URL('../ends/jobs/end.ts', import.meta.url).pathname;
const FOLDER = join(tmpdir(), 'shared');
const NEEDS = { programs: ['unshare', 'mount'], packages: 'util-linux', root: true };

test.before(() => mkdirSync(FOLDER));
test.after(() => rmSync(FOLDER, { recursive: true }));

/** Three ranks that are to meet in a file system of its own, which is made ready by a shell command and vanishes with them. */
function runIn(mountOptions: string, prepare: string): Promise<JobEnd> {
  const run = `exec ${process.execPath} ${CLI} run -n 3 ${JOB}`;
  const script = `mount -t tmpfs -o ${mountOptions} none ${FOLDER} && ${prepare} && ${run}`;
  const env = { ROLECALL_DIRECTORY: FOLDER, ROLECALL_START_TIMEOUT_MS: '10000' };
  return runJob(['--mount', 'sh', '-c', script], { program: 'unshare', env });
}

/** Nobody can tell the others here: each rank says it, for itself, and none waits until its deadline. */
function saidByAll({ code, err }: JobEnd, reason: string): void {
  assert.is(code, 1, err);
  const said = new RegExp(
    `Cannot use the folder ${FOLDER}/\\S+ for the ranks to meet: ${reason}\\. Pass a "directory"`,
  );
  assert.match(err, said);
  assert.match(err, /code: 'ERR_RENDEZVOUS'/);
  const messages = messagesIn(err);
  assert.is(messages.length, 3, err);
  for (const message of messages) assert.match(message, said);
  assert.not.match(err, 'in vain');
}

test(
  ...needing(NEEDS, 'read-only: every rank ends long before its deadline, and says why', async () => {
    saidByAll(await runIn('size=1m', `mount -o remount,ro ${FOLDER}`), 'EROFS');
  }),
);

test(
  ...needing(NEEDS, 'full: every rank ends long before its deadline, and says why', async () => {
    saidByAll(await runIn('size=64k', `dd if=/dev/zero of=${FOLDER}/full bs=4k 2>/dev/null; true`), 'ENOSPC');
  }),
);

test.run();
