import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DEFAULT_DEADLINE_S = 60;

export interface TestFile {
  readonly path: string;
  readonly deadlineMs: number;
  /** True if the file uses something there is only one of on the machine, so that it must run alone. */
  readonly serial: boolean;
}

/**
 * The test files under a folder, but not those in a folder called `fixtures`, in the order of their paths.
 * What a file needs stands in a comment in its first line: `// serial, deadline: 120 s`.
 */
export function findTestFiles(dir: string, filters: readonly string[]): TestFile[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.test.ts') && !name.split('/').slice(0, -1).includes('fixtures'),
  );
  const paths = names.map((name) => join(dir, name)).sort();
  const wanted = paths.filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
  return wanted.map(readNeeds);
}

function readNeeds(path: string): TestFile {
  const firstLine = readFileSync(path, 'utf8').split('\n', 1)[0] ?? '';
  const needs = firstLine.startsWith('//') ? firstLine : '';
  const seconds = Number(needs.match(/\bdeadline: (\d+) s\b/)?.[1] ?? DEFAULT_DEADLINE_S);
  return { path, deadlineMs: seconds * 1000, serial: /\bserial\b/.test(needs) };
}
