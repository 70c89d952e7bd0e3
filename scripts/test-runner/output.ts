import type { Readable } from 'node:stream';

const KEPT_LINES = 200;
const LINE_LENGTH = 2000;
const SKIP = /(?:^|\s)SKIP (\S.*)$/;
const COUNT = /^\s*(Total|Passed|Skipped):\s+(\d+)$/;

/** Follows what a test file prints: keeps its last lines, and picks out the counts of uvu and what was skipped. */
export class Output {
  readonly skips: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #lines: string[] = [];

  /** Reads a stream to its end. Several may be followed; their lines are mixed as they come. */
  follow(stream: Readable): void {
    let unfinished = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (unfinished + text).split('\n');
      unfinished = (lines.pop() ?? '').slice(0, LINE_LENGTH);
      for (const line of lines) this.#add(line.slice(0, LINE_LENGTH));
    });
    stream.on('end', () => unfinished !== '' && this.#add(unfinished));
  }

  /** The last lines. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** What uvu counted, or undefined if it never came to its end. A test that printed `SKIP …` has not passed. */
  counts(): { total: number; passed: number; skipped: number } | undefined {
    const total = this.#counts.get('Total');
    const passed = this.#counts.get('Passed');
    if (total === undefined || passed === undefined) return undefined;
    const skipped = (this.#counts.get('Skipped') ?? 0) + this.skips.length;
    return { total, passed: Math.max(0, passed - this.skips.length), skipped };
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    const [, skip] = line.match(SKIP) ?? [];
    if (skip !== undefined) this.skips.push(skip);
    const [, name, count] = line.match(COUNT) ?? [];
    if (name !== undefined) this.#counts.set(name, Number(count));
  }
}
