/**
 * The test runner. Each test file runs in a process of its own and must leave nothing behind.
 *
 *     node scripts/test.ts [--check] [--dir <folder>] [--jobs <n>] [part of a file's path…]
 *
 * `--check` first installs the packages that some tests want, builds dist/ if need be, and looks at format, lint, layers and types.
 * The last line is always `N passed, N failed, N skipped`.
 */
import { runBuild, runChecks, runDragonSetUp, runSetUp } from './checks.ts';
import { findTestFiles } from './test-runner/find-test-files.ts';
import { parseOptions } from './test-runner/options.ts';
import { printResult, printSummary } from './test-runner/report.ts';
import type { FileResult } from './test-runner/result.ts';
import { runAll } from './test-runner/run-all.ts';

const options = parseOptions(process.argv.slice(2));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));

const results: FileResult[] = [];
const report = (result: FileResult): void => {
  results.push(result);
  printResult(result);
};

if (options.check) {
  for (const result of [await runSetUp(), await runDragonSetUp(), await runBuild(), ...(await runChecks())])
    report(result);
}
const files = findTestFiles(options.dir, options.filters);
if (files.length === 0) console.log(`No test file is in ${options.dir}, or matches ${options.filters.join(' ')}.`);
await runAll(files, options.jobs, stop.signal, report);

const skipsFail = process.env['CI'] === 'true';
const passed = printSummary(results, skipsFail);
process.exitCode = passed && files.length > 0 && !stop.signal.aborted ? 0 : 1;
