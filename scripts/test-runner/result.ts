/** What is known about one test file, or one check, after it has ended. */
export interface FileResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What was skipped, as the test itself said it: title, what is missing, how to get it. */
  readonly skips: readonly string[];
  /** What went wrong beyond failing tests, in plain words: a deadline missed, a process left over. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** The last lines that it printed. */
  readonly output: readonly string[];
}

/** True if no test failed and nothing else went wrong. */
export function isOk(result: FileResult): boolean {
  return result.failed === 0 && result.problems.length === 0;
}
