import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const FIXTURES = 'test/scripts/fixtures/test-runner';
const test = suite('test runner');

/** Runs the fixtures whose path contains one of the names. */
async function run(
  names: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  const args = ['scripts/test.ts', '--dir', FIXTURES, ...names];
  const child = spawn(process.execPath, args, { env: { ...process.env, CI: '', ...environment } });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, output };
}

/** False also for a process that has ended and whose exit status nobody has asked for yet. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
}

const lastLine = (output: string): string | undefined => output.trimEnd().split('\n').at(-1);

test.after.each(() => {
  assert.equal(readdirSync(tmpdir()), [], 'temporary folders that the runner should have removed');
});

test('counts the tests of a passing file and does not show its output', async () => {
  const { code, output } = await run(['passing']);
  assert.is(code, 0);
  assert.match(output, /^ok .*passing\.test\.ts +2 passed, \d/m);
  assert.not.match(output, /\|/);
  assert.is(lastLine(output), '2 passed, 0 failed, 0 skipped');
});

test('shows the output of a failing file and goes on with the others', async () => {
  const { code, output } = await run(['failing', 'passing']);
  assert.is(code, 1);
  assert.match(output, /^FAIL .*failing\.test\.ts +1 passed, 1 failed/m);
  assert.match(output, /\| .*the reason of the failure/);
  assert.match(output, /failing\.test\.ts: 1 of 2 failed/);
  assert.is(lastLine(output), '3 passed, 1 failed, 0 skipped');
});

test('ends a file that hangs at its deadline, even one that is deaf to SIGTERM, and shows its last output', async () => {
  const { code, output } = await run(['hanging']);
  assert.is(code, 1);
  assert.match(output, /did not end within 1 s and was stopped/);
  assert.match(output, /\| the last words of the hanging test/);
  assert.match(output, /it was asked to end/);
  assert.is(lastLine(output), '0 passed, 1 failed, 0 skipped');
});

test('a file that ends well without having run a test has failed', async () => {
  const { code, output } = await run(['empty']);
  assert.is(code, 1);
  assert.match(output, /empty\.test\.ts: ran no test/);
});

test('names and ends processes that a file left running, also one in a session of its own', async () => {
  const { code, output } = await run(['leaves-process']);
  assert.is(code, 1);
  for (const detached of [false, true]) {
    const [, pid] = output.match(new RegExp(`left process (\\d+) running: .*straggler-detached-${detached}`)) ?? [];
    assert.not.ok(isAlive(Number(pid)));
  }
  assert.is(lastLine(output), '1 passed, 1 failed, 0 skipped');
});

test('names what a file left in its temporary folder', async () => {
  const { code, output } = await run(['leaves-file']);
  assert.is(code, 1);
  assert.match(output, /leaves-file\.test\.ts: left files in its temporary folder: forgotten\.txt/);
});

test('lists what was skipped and why', async () => {
  const { code, output } = await run(['skipping']);
  assert.is(code, 0);
  assert.match(output, /skipping\.test\.ts: not there: no srun here; install Slurm/);
  assert.is(lastLine(output), '1 passed, 0 failed, 1 skipped');
});

test('a skip is a failure in CI', async () => {
  const { code, output } = await run(['skipping'], { CI: 'true' });
  assert.is(code, 1);
  assert.match(output, /Skipped, which is a failure in CI:/);
});

test('runs a serial file after the others', async () => {
  const { output } = await run(['serial', 'skipping', 'passing']);
  assert.ok(output.indexOf('serial.test.ts') > output.indexOf('skipping.test.ts'));
  assert.ok(output.indexOf('serial.test.ts') > output.indexOf('passing.test.ts'));
});

test('a filter that matches nothing is a failure', async () => {
  const { code, output } = await run(['no-such-file']);
  assert.is(code, 1);
  assert.match(output, /No test file .*no-such-file/);
});

test('ends its test file when it is interrupted', async () => {
  const child = spawn(process.execPath, ['scripts/test.ts', '--dir', FIXTURES, 'interrupted']); // by the fixture itself
  const output = text(child.stdout);
  const [code] = await once(child, 'close');
  assert.is(code, 1);
  assert.match(await output, /interrupted\.test\.ts: was stopped by SIGINT/);
});

test.run();
