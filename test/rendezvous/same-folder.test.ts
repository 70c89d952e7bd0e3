import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranks } from '../support/ranks.ts';
import { CLI, type Job, type JobEnd, runJob } from '../support/run-job.ts';

const test = suite('several starts, one folder');
const BUSY = new URL('../ends/jobs/busy.ts', import.meta.url).pathname;
const END = new URL('../ends/jobs/end.ts', import.meta.url).pathname;

async function ends(jobs: readonly Job[]): Promise<JobEnd[]> {
  return Promise.all(jobs.map((job) => job.endAndLeaveNothing()));
}

test('the same script twice without an id: the second start fails and names the option, the first goes on', async () => {
  await using ranks = new Ranks(3, [BUSY]);
  const first = ranks.startAll();
  await first[1]?.printed(/started/);

  const [scheduler, client] = await ends([ranks.start(0), ranks.start(1)]);
  assert.is(scheduler?.code, 1);
  assert.match(
    scheduler?.err as string,
    /Cannot start the scheduler: another one \(pid \d+ on .*\) uses .*"id" option/,
  );
  assert.is(client?.code, 1);
  assert.match(client?.err as string, /Cannot start the client: another one has met the scheduler of .*"id" option/);
  assert.match(client?.err as string, "code: 'ERR_RENDEZVOUS'");

  first[1]?.openGate();
  first[2]?.openGate();
  for (const end of await ends(first)) assert.is(end.code, 0, end.err);
  assert.equal(ranks.left, []);
});

test('the same script twice with an id each: both work', async () => {
  await using ranks = new Ranks(3, [BUSY]);
  const starts = ['first', 'second'].map((id) => ranks.startAll({ ROLECALL_ID: id }));
  await Promise.all(starts.map(([, client]) => client?.printed(/started/)));
  for (const [, client, worker] of starts) for (const job of [client, worker]) job?.openGate();
  for (const end of await ends(starts.flat())) assert.is(end.code, 0, end.err);
  assert.equal(ranks.left, []);
});

test('what a killed run left is replaced', async () => {
  await using ranks = new Ranks(3, [END]);
  const killed = [ranks.start(0), ranks.start(2)];
  await killed[1]?.until(() => ranks.left.some((name) => name.endsWith('contact.json')), 'the contact');
  for (const job of killed) job.child.kill('SIGKILL');
  for (const job of killed) assert.is((await job.end()).signal, 'SIGKILL');
  assert.match(ranks.left.join(), 'contact.json');

  // The worker and the client come first: they must not believe what they find.
  const [worker, client] = [ranks.start(2), ranks.start(1)];
  const again = await ends([ranks.start(0), client, worker]);
  for (const end of again) assert.is(end.code, 0, end.err);
  assert.match(again[1]?.out as string, 'squares 1,4,9');
  assert.equal(ranks.left, []);
});

test('a file in the place of the folder: every rank says so at once, and names the option', async () => {
  await using ranks = new Ranks(3, [END]);
  const file = join(ranks.directory, 'file');
  writeFileSync(file, '');
  for (const end of await ends(ranks.startAll({ ROLECALL_DIRECTORY: file }))) {
    assert.is(end.code, 1);
    assert.match(end.err, /Cannot use the folder .*file.* for the ranks to meet: ENOTDIR\. Pass a "directory"/);
  }
  const alone = await runJob([END], { env: { ROLECALL_DIRECTORY: file } });
  assert.is(alone.code, 1);
  assert.match(alone.err, /Cannot use the folder .* for the ranks to meet: .* Pass a "directory"/);
});

test('a folder that cannot be made ends the scheduler and is named', async () => {
  await using ranks = new Ranks(3, [END]);
  const env = { ROLECALL_DIRECTORY: '/proc/none', ROLECALL_START_TIMEOUT_MS: '500' };
  for (const end of await ends(ranks.startAll(env))) {
    assert.is(end.code, 1);
    assert.match(end.err, /Cannot use the folder \/proc\/none.* Pass a "directory"|Waited 500 ms .* in \/proc\/none/);
  }
});

test('a directory that is given keeps what else is in it', async () => {
  await using ranks = new Ranks(4, [END]);
  mkdirSync(join(ranks.directory, 'mine'));
  for (const words of [[END], [CLI, 'run', '-n', '3', END]]) {
    assert.is((await runJob(words, { env: { ROLECALL_DIRECTORY: ranks.directory } })).code, 0);
    assert.equal(ranks.left, ['mine']);
  }
  rmSync(join(ranks.directory, 'mine'), { recursive: true });
});

test.run();
