import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec, hasCode } from 'rolecall';
import * as assert from 'uvu/assert';
import { clusterSuite, errorOf } from '../client/support.ts';
import { isLiving } from '../support/living.ts';
import { waitUntil } from '../support/wait-until.ts';
import { outputOf } from './executors/compliance.ts';

const test = clusterSuite('exec');

interface Failure extends Error {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function failureOf(promise: PromiseLike<unknown>, code: Parameters<typeof hasCode>[1]): Promise<Failure> {
  const error = await errorOf(promise);
  assert.ok(hasCode(error, code), String(error));
  return error as unknown as Failure;
}

test('gives exit code, outputs and time, in a task', async ({ client }) => {
  const result = await client.submit(() => exec('sh', ['-c', 'echo out; echo err >&2']));
  const { durationMs, ...rest } = result;
  assert.equal(rest, { exitCode: 0, signal: null, stdout: 'out\n', stderr: 'err\n', truncated: false });
  assert.ok(durationMs > 0);
});

test('works outside a task too', async () => {
  assert.is((await exec('echo', ['here'])).stdout, 'here\n');
});

test('passes on arguments as they are, working directory, environment and input', async () => {
  const { stdout } = await exec(
    'sh',
    ['-c', 'echo "$1|$(pwd)|$GIVEN|$(printenv HOME || echo none)|$(cat)"', 'sh', '* $X'],
    {
      cwd: '/',
      env: { GIVEN: 'given', HOME: undefined },
      input: 'from input',
    },
  );
  assert.is(stdout, '* $X|/|given|none|from input\n');
});

test('a program need not read its input', async () => {
  assert.is((await exec('true', [], { input: new Uint8Array(1 << 20) })).exitCode, 0);
});

test('another exit code than 0 is ERR_EXEC_FAILED, with all that is known; not if `check` is false', async ({
  client,
}) => {
  const run = (check: boolean) => exec('sh', ['-c', 'echo some; echo why >&2; exit 3'], { check });
  const error = await failureOf(client.submit(run, true), 'ERR_EXEC_FAILED');
  assert.is(error.message, '`sh` exited with code 3: why');
  assert.equal([error.exitCode, error.signal, error.stdout, error.stderr], [3, null, 'some\n', 'why\n']);
  assert.is((await client.submit(run, false)).exitCode, 3);
});

test('an end by a signal is ERR_EXEC_FAILED', async () => {
  const error = await failureOf(exec('sh', ['-c', 'kill -SEGV $$']), 'ERR_EXEC_FAILED');
  assert.equal([error.exitCode, error.signal], [null, 'SIGSEGV']);
});

test('what cannot be started is ERR_EXEC_START, and says why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'exec-'));
  const file = join(folder, 'plain');
  writeFileSync(file, 'no program');
  chmodSync(file, 0o600);
  const said = async (command: string, cwd?: string): Promise<string> =>
    (await failureOf(exec(command, [], cwd === undefined ? {} : { cwd }), 'ERR_EXEC_START')).message;
  assert.match(await said('no-such-program'), 'there is no such program in the PATH of the worker');
  assert.match(await said(join(folder, 'missing')), 'there is no such program');
  assert.match(await said(file), 'it may not be executed');
  assert.match(await said('true', join(folder, 'missing')), `its working directory ${folder}/missing is not there`);
  rmSync(folder, { recursive: true });
});

test('without a descriptor left it is ERR_EXEC_START too', async () => {
  const program = new URL('./jobs/no-descriptors.ts', import.meta.url).pathname;
  const { stdout } = await exec('sh', ['-c', 'ulimit -n 60; exec "$0" "$1"', process.execPath, program]);
  assert.is(stdout, 'ERR_EXEC_START: Cannot run `true`: there are too many open files or processes (EMFILE)\n');
});

test('of more output than is kept, the end is kept', async () => {
  const { stdout, truncated } = await exec(
    'sh',
    ['-c', 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done'],
    {
      maxOutputBytes: 1000,
    },
  );
  assert.is(stdout.length, 1000);
  assert.ok(truncated && stdout.endsWith('line 2999\n'));
});

test('endless output fills no memory, and ends at the deadline', async () => {
  const before = process.memoryUsage.rss();
  await failureOf(exec('yes', [], { timeoutMs: 500 }), 'ERR_DEADLINE');
  assert.ok(process.memoryUsage.rss() - before < 100e6);
});

test('onOutput gets the output as it comes, or passes it on as output of the task', async ({ client }) => {
  const parts: string[] = [];
  await exec('sh', ['-c', 'echo a; echo b >&2'], { onOutput: (text, stream) => parts.push(`${stream} ${text}`) });
  assert.equal(parts.sort(), ['err b\n', 'out a\n']);
  const said = await outputOf(async () => {
    await client.with({ workers: 2, name: 'runs' }).submit(() => exec('echo', ['streamed'], { onOutput: 'task' }));
  }, /streamed/);
  assert.match(said, '[2 runs] streamed');
});

test('the time is over: ERR_DEADLINE, and all that the program started is ended', async () => {
  let pid = 0;
  const running = exec('sh', ['-c', 'trap "" TERM; setsid sleep 100 & echo $!; wait; sleep 100'], {
    timeoutMs: 300,
    killGraceMs: 200,
    onOutput: (text) => {
      pid = Number(text);
    },
  });
  const error = await failureOf(running, 'ERR_DEADLINE');
  assert.match(error.message, '`sh` ran longer than its timeoutMs of 300');
  assert.ok(pid > 0 && !isLiving(pid));
});

test('a signal of its own ends it, with the reason of the signal', async () => {
  const controller = new AbortController();
  const running = exec('sleep', ['100'], { signal: controller.signal });
  controller.abort(new RangeError('enough'));
  assert.instance(await errorOf(running), RangeError);
  assert.instance(await errorOf(exec('true', [], { signal: controller.signal })), RangeError); // it is not even started
});

test('cancelling the task ends the tree of the program', async ({ client }) => {
  const future = client.submit(() => exec('sh', ['-c', 'setsid sleep 100 & echo pid $!; wait'], { onOutput: 'task' }));
  const said = await outputOf(async () => {}, /pid \d+/);
  const pid = Number(said.match(/pid (\d+)/)?.[1]);
  assert.ok(isLiving(pid));
  future.cancel();
  await waitUntil(() => !isLiving(pid));
});

test('what a program leaves running ends with the task', async ({ client }) => {
  const { stdout } = await client.submit(() => exec('sh', ['-c', 'setsid sleep 100 & echo $!']));
  await waitUntil(() => !isLiving(Number(stdout)));
});

test.run();
