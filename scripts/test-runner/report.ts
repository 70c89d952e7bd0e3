import { type FileResult, isOk } from './result.ts';

const NAME_WIDTH = 56;

/** Prints one line for a file that is well; for one that is not, also what is wrong and the last of what it printed. */
export function printResult(result: FileResult): void {
  const verdict = isOk(result) ? 'ok  ' : 'FAIL';
  console.log(`${verdict}  ${result.name.padEnd(NAME_WIDTH)} ${counts(result)}, ${result.seconds.toFixed(2)} s`);
  if (isOk(result)) return;
  for (const problem of result.problems) console.log(`      ${problem}`);
  for (const line of result.output) console.log(`      | ${line}`);
}

/** Prints what was skipped and what failed, then the counts; returns whether all is well. */
export function printSummary(results: readonly FileResult[], skipsFail: boolean): boolean {
  const failing = results.filter((result) => !isOk(result));
  const skipping = results.filter((result) => result.skipped > 0);
  if (skipping.length > 0) console.log(skipsFail ? '\nSkipped, which is a failure in CI:' : '\nSkipped:');
  for (const result of skipping) console.log(skipsOf(result).join('\n'));
  if (failing.length > 0) console.log('\nFailed:');
  for (const result of failing) console.log(`  ${result.name}: ${reasons(result)}`);

  const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
    results.reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  return failing.length === 0 && !(skipsFail && skipping.length > 0);
}

function counts({ passed, failed, skipped }: FileResult): string {
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return parts.join(', ');
}

function skipsOf(result: FileResult): string[] {
  const silent = result.skipped - result.skips.length;
  const said = result.skips.map((skip) => `  ${result.name}: ${skip}`);
  return silent > 0 ? [...said, `  ${result.name}: ${silent} by test.skip, without a reason`] : said;
}

function reasons({ failed, passed, problems }: FileResult): string {
  return problems.length > 0 ? problems.join('; ') : `${failed} of ${failed + passed} failed`;
}
