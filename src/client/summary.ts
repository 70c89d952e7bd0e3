/** What a run that ended badly says of itself in the end, made of facts. */
import { whenText } from '../logs/when.ts';

/** A rank that was gone before the run was over. */
export interface LostRank {
  /** As `rankText` says. */
  readonly who: string;
  readonly why: string;
  /** Milliseconds since 1970, as all times here. */
  readonly time: number;
}

/** Tasks of one name. */
export interface TaskTally {
  readonly name: string;
  readonly failed: number;
  /** The first that failed, and its error: "fit[3]: RangeError: too large". */
  readonly firstError: string;
  /** They had neither a value nor an error. */
  readonly unfinished: number;
}

export interface RunFacts {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly code: number;
  readonly lost: readonly LostRank[];
  /** More were lost than are named. */
  readonly lostMore: number;
  readonly tasks: readonly TaskTally[];
  readonly logDirectory: string | undefined;
}

/** So many ranks, and as many names of tasks, are named each. */
const MOST_LINES = 8;
const LONGEST_LINE = 300;

/** "rank 2 (worker on node1, pid 4711)". Workers that were started by hand have a name of their own; other schedulers have no rank here. */
export function rankText(role: 'scheduler' | 'worker', name: string | number | undefined, where: string): string {
  if (/^\d+$/.test(String(name))) return `rank ${name} (${role} ${where})`;
  return `${role}${name === undefined ? '' : ` ${name}`} (${where})`;
}

/** Undefined if there is nothing to tell: no rank was lost, and all tasks ended well. */
export function summaryOf(facts: RunFacts): string | undefined {
  const lost = facts.lost.map(({ who, why, time }) => `lost    ${who} ${whenText(time, facts.startedAt)}: ${why}`);
  const failed = facts.tasks.filter((task) => task.failed > 0);
  const unfinished = facts.tasks.filter((task) => task.unfinished > 0);
  const lines = [
    ...fewOf(lost, facts.lostMore, 'lost', 'ranks'),
    ...fewOf(failed.map(failedLine), 0, 'failed', 'names of tasks'),
    ...fewOf(unfinished.map(unfinishedLine), 0, 'undone', 'names of tasks'),
  ];
  if (lines.length === 0) return undefined;
  const { code, startedAt, endedAt } = facts;
  const head = `rolecall: summary: the run ended badly (exit code ${code}) ${whenText(endedAt, startedAt)}`;
  return [head, ...lines.map(short), `  ${logsLine(facts.logDirectory)}`, ''].join('\n');
}

function failedLine({ name, failed, firstError }: TaskTally): string {
  const first = firstError === '' ? '' : `; the first: ${firstError}`;
  return `failed  ${failed === 1 ? 'one task' : `${failed} tasks`} \`${name}\`${first}`;
}

function unfinishedLine({ name, unfinished }: TaskTally): string {
  return `undone  ${unfinished === 1 ? 'one task' : `${unfinished} tasks`} \`${name}\`, which had not ended`;
}

function fewOf(lines: readonly string[], leftOut: number, word: string, what: string): string[] {
  const shown = lines.slice(0, MOST_LINES);
  const more = lines.length - shown.length + leftOut;
  return more === 0 ? shown : [...shown, `${word.padEnd(7)} ${more} more ${what}`];
}

function logsLine(directory: string | undefined): string {
  if (directory !== undefined) return `logs    of each rank: ${directory}/rank-<number>.jsonl`;
  return 'logs    were not kept: ROLECALL_LOG_DIRECTORY=<folder> (logDirectory) makes each rank write a file there';
}

/** On one line, whatever errors say. */
function short(line: string): string {
  const flat = `  ${line.replaceAll(/\s*\n\s*/g, ' ')}`;
  return flat.length <= LONGEST_LINE ? flat : `${flat.slice(0, LONGEST_LINE - 1)}…`;
}
