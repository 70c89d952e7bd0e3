import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export interface RunnerOptions {
  /** Build, and look at format, lint, layers and types, before the tests. */
  readonly check: boolean;
  /** The folder in which test files are searched. */
  readonly dir: string;
  /** How many test files run at the same time. */
  readonly jobs: number;
  /** Only files whose path contains one of these run; none means all. */
  readonly filters: readonly string[];
}

/** Reads the command line of the test runner. Throws at an option that it does not know. */
export function parseOptions(words: readonly string[]): RunnerOptions {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      check: { type: 'boolean', default: false },
      dir: { type: 'string', default: 'test' },
      jobs: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new Error(`Cannot run the tests: --jobs must be an integer >= 1, got ${values.jobs}`);
  }
  return { check: values.check, dir: values.dir, jobs, filters: positionals };
}
