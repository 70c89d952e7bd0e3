/** What ranks print, each line behind the number of its rank, as `srun --label` does. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

/** A line that is longer and has not ended yet is passed on as it is. */
const LONGEST_LINE = 64 * 1024;
const COLOURS = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'] as const;

/** `2: `, as wide as the highest rank needs; in a colour of its own on a terminal (unless NO_COLOR says otherwise). */
export function labelOf(rank: number, size: number, stream: Writable): string {
  const text = `${String(rank).padStart(String(size - 1).length)}: `;
  return styleText(COLOURS[rank % COLOURS.length] as (typeof COLOURS)[number], text, { stream });
}

/** Copies whole lines until the end, no faster than they can be written. If nobody reads any more, the rank meets that too. */
export async function copyLines(from: Readable, to: Writable, label: string): Promise<void> {
  from.setEncoding('utf8');
  let rest = '';
  try {
    for await (const text of from) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() as string;
      if (rest.length > LONGEST_LINE) lines.push(rest);
      if (rest.length > LONGEST_LINE) rest = '';
      if (lines.length > 0) await write(to, lines.map((line) => `${label}${line}\n`).join(''));
    }
    if (rest !== '') await write(to, `${label}${rest}\n`);
  } catch {
    // Whoever read has left: leaving the loop closed the rank's end as well.
  }
}

async function write(to: Writable, text: string): Promise<void> {
  if (to.destroyed) throw new Error('nobody reads');
  if (!to.write(text)) await once(to, 'drain');
}
