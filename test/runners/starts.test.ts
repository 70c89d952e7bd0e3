import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ranks } from '../support/ranks.ts';
import { CLI, Job, messagesIn, runJob } from '../support/run-job.ts';

const test = suite('starts of a cluster');
const jobFile = (name: string): string => new URL(`./jobs/${name}`, import.meta.url).pathname;
const ROLES = jobFile('roles.ts');

async function roles(words: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await runJob(words);
  assert.is(code, 0, err);
  assert.is(err, '');
  return JSON.parse(out);
}

function run(size: number, options: object): Promise<Record<string, unknown>> {
  return roles([CLI, 'run', '-n', String(size), ROLES, JSON.stringify(options)]);
}

test('the client knows its rank, the world, the workers and the scheduler', async () => {
  const { schedulerAddress, squares, execArgv, ...rest } = await run(4, {});
  assert.equal(rest, { role: 'client', rank: 1, worldSize: 4, nWorkers: 2, workers: ['2', '3'] });
  assert.match(schedulerAddress as string, /^tls:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(squares, [1, 4, 9]);
});

test('alone, the process is the client of ranks that it starts itself', async () => {
  const { rank, worldSize, nWorkers, workers } = await roles([ROLES, '{"nWorkers":3}']);
  assert.equal([rank, worldSize, nWorkers, workers], [1, 5, 3, ['2', '3', '4']]);
});

test("transport: 'wss' goes through WebSockets", async () => {
  const { schedulerAddress, squares } = await run(3, { transport: 'wss' });
  assert.match(schedulerAddress as string, /^wss:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(squares, [1, 4, 9]);
});

test('schedulerRank and clientRank', async () => {
  const { rank, workers } = await run(4, { schedulerRank: 3, clientRank: 0 });
  assert.equal([rank, workers], [0, ['1', '2']]);
});

test('inclusive: two ranks are a cluster of two workers', async () => {
  const { nWorkers, workers, squares } = await run(2, { inclusive: true });
  assert.equal([nWorkers, workers, squares], [2, ['0', '1'], [1, 4, 9]]);
});

test('flags of Node.js are passed on to ranks and their threads, also those of V8', async () => {
  const flags = ['--expose-gc', '--no-deprecation'];
  for (const words of [
    [ROLES, '{"nWorkers":1}'],
    [CLI, 'run', '-n', '3', ROLES],
  ]) {
    const { execArgv } = (await roles([...flags, ...words])) as { execArgv: { flags: string[]; gc: string } };
    assert.is(execArgv.gc, 'function');
    for (const flag of flags) assert.ok(execArgv.flags.includes(flag), `${flag} in ${execArgv.flags}`);
  }
});

test("security: 'none' works and is said aloud", async () => {
  const { code, out, err } = await runJob([ROLES, '{"nWorkers":1,"security":"none"}']);
  assert.is(code, 0);
  assert.match(JSON.parse(out).schedulerAddress, /^tcp:/);
  assert.equal(messagesIn(err).length, 1);
  assert.match(err, /rank 0 \(scheduler on .*\): security is 'none': nothing is encrypted/);
});

test('client: false: a client from outside computes and ends the cluster; other workers can join', async () => {
  await using ranks = new Ranks(2, [ROLES, '{"client":false}']);
  const schedulerFile = join(ranks.directory, 'scheduler.json');
  const jobs = ranks.startAll({ ROLECALL_SCHEDULER_FILE: schedulerFile });
  const joining = [CLI, 'run', '-n', '2', ROLES, JSON.stringify({ scheduler: false, client: false, schedulerFile })];
  const others = new Job(joining);
  await others.until(() => existsSync(schedulerFile), 'the scheduler file');

  const outside = await runJob([jobFile('outside.ts'), schedulerFile, '3']);
  assert.is(outside.err, '');
  assert.is(outside.out, 'sum 42\nworkers 3\n');
  assert.is(outside.code, 0);
  for (const job of [...jobs, others]) {
    const end = await job.endAndLeaveNothing();
    assert.equal([end.code, end.out, end.err], [0, '', '']);
  }
  assert.equal(ranks.left, []);
});

test('rolecall/auto: no rank but the client runs any of the job, however it is imported', async () => {
  const auto = new URL('../../dist/auto.js', import.meta.url).href;
  for (const words of [
    [CLI, 'run', '-n', '3', jobFile('auto.ts')],
    ['--import', auto, CLI, 'run', '-n', '3', jobFile('auto.ts')],
  ]) {
    const { code, out, err } = await runJob(words);
    assert.equal([code, err], [0, '']);
    assert.equal(out.match(/body on rank .*/g), ['body on rank 1']);
    assert.match(out, '"role":"client"');
  }
  const alone = await runJob([jobFile('auto.ts'), '{"nWorkers":1}']);
  assert.match(alone.out, /^body on rank undefined\n.*"role":"client"/);
});

test('what is printed before the constructor arrives, however slow the reader', async () => {
  for (const [ranks, words] of [
    [1, [jobFile('much-output.ts')]],
    [3, [CLI, 'run', '-n', '3', jobFile('much-output.ts')]],
  ] as const) {
    const job = new Job(words, { readOutputLater: true });
    await job.printed(new RegExp(`(prints\\n){${ranks}}`));
    job.readOutput();
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.is(out.length, ranks * 3_000_001);
  }
});

test.run();
