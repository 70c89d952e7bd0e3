/** The processes of this machine that carry marks, and what descends from them. Where there is no /proc there are none. */
import { readdirSync, readFileSync } from 'node:fs';
import type { ExactProcess } from '../../native/process.ts';
import { belongsTo, MARK_VARIABLE, type Mark } from './marks.ts';

export interface ProcessEntry extends ExactProcess {
  readonly parent: number;
}

/** For each owner the living processes that belong to it: by their mark, or as descendants of one that does. */
export function processesOf(owners: readonly Mark[]): Map<Mark, ProcessEntry[]> {
  const children = new Map<number, ProcessEntry[]>();
  const marked: { readonly entry: ProcessEntry; readonly mark: Mark }[] = [];
  for (const entry of livingProcesses()) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
    const mark = markOf(entry.pid);
    if (mark !== undefined) marked.push({ entry, mark });
  }
  const found = owners.map((owner) => {
    const own = marked.filter(({ mark }) => belongsTo(mark, owner)).map(({ entry }) => entry);
    return [owner, withDescendants(own, children)] as const;
  });
  return new Map(found);
}

function withDescendants(entries: readonly ProcessEntry[], children: Map<number, ProcessEntry[]>): ProcessEntry[] {
  const all = new Map<number, ProcessEntry>();
  const next = [...entries];
  for (let entry = next.pop(); entry !== undefined; entry = next.pop()) {
    if (all.has(entry.pid)) continue;
    all.set(entry.pid, entry);
    next.push(...(children.get(entry.pid) ?? []));
  }
  return [...all.values()];
}

function livingProcesses(): ProcessEntry[] {
  return numbersIn('/proc').flatMap((pid) => {
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat === undefined || pid === process.pid) return [];
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    if (state === 'Z' || state === 'X') return [];
    return [{ pid, parent: Number(parent), startTime: fields[19] as string }];
  });
}

function markOf(pid: number): Mark | undefined {
  const environment = readIfThere(`/proc/${pid}/environ`) ?? '';
  const at = `\0${environment}`.indexOf(`\0${MARK_VARIABLE}=`);
  if (at < 0) return undefined;
  const start = at + MARK_VARIABLE.length + 1;
  const end = environment.indexOf('\0', start);
  return environment.slice(start, end < 0 ? undefined : end);
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Undefined if it ended meanwhile, or is not ours to look at. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
