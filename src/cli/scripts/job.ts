/** What a batch script is made from, and what all of them have in common. Pure. */
import { basename, extname } from 'node:path';
import { type Advice, adviseInclusive, type Layout } from '../advice.ts';

export interface JobRequest extends Layout {
  readonly seconds: number;
  /** The job file and its arguments. */
  readonly words: readonly string[];
  readonly name?: string | undefined;
  readonly account?: string | undefined;
  readonly queue?: string | undefined;
  readonly cpusPerTask?: number | undefined;
  readonly gpusPerNode?: number | undefined;
  /** False: not even where it saves nodes. */
  readonly inclusive?: boolean | undefined;
  /** Further lines for the batch system, as they are. */
  readonly directives: readonly string[];
}

/** By the name of the job file, of letters that every batch system takes. */
export function nameOf({ name, words: [file = 'job'] }: JobRequest): string {
  return (
    name ??
    (basename(file, extname(file))
      .replaceAll(/[^\w-]/g, '-')
      .slice(0, 15) ||
      'job')
  );
}

/** Who does what, and why the job is inclusive if it is, as comments and settings of the script. */
export function roleLines(request: JobRequest): string[] {
  const size = request.nodes * request.tasksPerNode;
  const advice = adviseInclusive(request);
  const inclusive = isInclusive(request, advice);
  const workers = inclusive ? `all ${size} work` : `the other ${size - 2} work`;
  const lines = [`# ${size} ranks: 0 schedules, 1 is the client and runs the script, ${workers}.`];
  return inclusive ? [...lines, `# They all work: ${advice.why}.`, 'export ROLECALL_INCLUSIVE=true'] : lines;
}

export function isInclusive({ inclusive }: JobRequest, advice: Advice): boolean {
  return inclusive ?? advice.inclusive;
}

/** A script that cannot find Node.js says what to do, instead of once for each rank that it was not found. */
export const NODE_LINES: readonly string[] = [
  '# Where Node.js 24 comes from a module, load it here.',
  'command -v node > /dev/null || { echo "There is no node in PATH: load it in this script" >&2; exit 1; }',
];

export function commandOf({ words }: JobRequest): string {
  return ['node', ...words].map(quote).join(' ');
}

/** As one word of a shell. */
export function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `1:02:03`, with hours beyond 24 where there are days. */
export function clockTime(seconds: number): string {
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}
