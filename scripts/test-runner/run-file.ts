import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestFile } from './find-test-files.ts';
import { Output } from './output.ts';
import { endFamily, type Family, waitForEnd } from './processes.ts';
import type { FileResult } from './result.ts';

/** A child may need a moment to notice that its parent has ended. */
const GRACE_MS = 500;
const PIPE_CLOSE_MS = 1000;

/**
 * Runs one test file in a process and process group of its own, with a temporary folder of its own, until it ends,
 * its deadline has passed, or `stop` is aborted. A process or a file that is left over counts as a problem, and is removed.
 */
export async function runFile(file: TestFile, stop: AbortSignal): Promise<FileResult> {
  const startedAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-test-'));
  const mark = `ROLECALL_TEST_RUN=${basename(folder)}`;
  const output = new Output();
  const child = start(file, folder, mark, output);
  const closed = once(child, 'close');
  const family = { group: groupOf(child), mark };

  const problems = [
    ...(await untilEnd(child, family, file.deadlineMs, stop)),
    ...(await takeLeftProcesses(family)),
    ...takeLeftFiles(folder),
  ];
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, PIPE_CLOSE_MS).unref())]);
  return judge(file, output, problems, (performance.now() - startedAt) / 1000);
}

function start(file: TestFile, folder: string, mark: string, output: Output): ChildProcess {
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const [markName = '', markValue] = mark.split('=');
  const child = spawn(process.execPath, [file.path], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, NO_COLOR: '1', ROLECALL_TEST: '1', TMPDIR: folder, [markName]: markValue },
  });
  output.follow(child.stdout);
  output.follow(child.stderr);
  return child;
}

/** A process that is started detached leads a group with its own number. Group 0 would be ours. */
function groupOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('Cannot run the tests: no process can be started');
  return child.pid;
}

/** Waits for the end of the test's own process, brings it about if need be, and says what was wrong with it. */
async function untilEnd(child: ChildProcess, family: Family, deadlineMs: number, stop: AbortSignal): Promise<string[]> {
  let cutShort: string | undefined;
  const cut = (reason: string): void => {
    cutShort ??= reason;
    void endFamily(family);
  };
  const timer = setTimeout(() => cut(`did not end within ${deadlineMs / 1000} s and was stopped`), deadlineMs);
  const onStop = (): void => cut(`was stopped by ${stop.reason}`);
  stop.addEventListener('abort', onStop);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  stop.removeEventListener('abort', onStop);

  if (cutShort !== undefined) return [cutShort];
  if (signal !== null) return [`was ended by ${signal}`];
  return code === 0 ? [] : [`exited with code ${code}`];
}

async function takeLeftProcesses(family: Family): Promise<string[]> {
  const left = await waitForEnd(family, GRACE_MS);
  if (left.length > 0) await endFamily(family);
  return left.map(({ pid, command }) => `left process ${pid} running: ${command}`);
}

function takeLeftFiles(folder: string): string[] {
  const left = readdirSync(folder);
  rmSync(folder, { recursive: true, force: true });
  return left.length === 0 ? [] : [`left files in its temporary folder: ${left.join(', ')}`];
}

function judge(file: TestFile, output: Output, problems: string[], seconds: number): FileResult {
  const counts = output.counts() ?? { total: 0, passed: 0, skipped: output.skips.length };
  const failed = counts.total - counts.passed - output.skips.length;
  if (counts.total === 0 && counts.skipped === 0 && problems.length === 0) problems.push('ran no test');
  return {
    name: file.path,
    passed: counts.passed,
    failed: Math.max(failed, problems.length > 0 ? 1 : 0),
    skipped: counts.skipped,
    skips: output.skips,
    // uvu itself exits with 1 when a test fails; that is said by the counts already
    problems: failed > 0 ? problems.filter((problem) => problem !== 'exited with code 1') : problems,
    seconds,
    output: output.lines,
  };
}
