/**
 * One file of JSON lines for each rank, in the form of `pino`, which many tools read. The library itself is not used: all that it
 * would do here is one `JSON.stringify`, and loading it costs each rank 10 ms.
 */
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLevel, LogRecord } from '../protocol/log-record.ts';
import { makeFolder } from '../runners/rendezvous/files.ts';

const PINO_LEVELS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
/** Then the file is full: a log must not fill the disk. */
const MOST_BYTES = 100 * 2 ** 20;

/** Returns how to write a record. @throws {Error} if the file cannot be opened. */
export function openLogFile(folder: string, rank: string): (record: LogRecord) => void {
  makeFolder(folder);
  const file = openSync(join(folder, `rank-${rank}.jsonl`), 'a', 0o600);
  let bytes = 0;
  return (record) => {
    if (bytes > MOST_BYTES) return;
    try {
      bytes += writeSync(file, lineOf(record));
      if (bytes > MOST_BYTES)
        writeSync(file, lineOf({ ...record, text: 'this file is full: nothing more is recorded' }));
    } catch {
      bytes = Number.POSITIVE_INFINITY; // the disk is full or gone: what matters is said on standard error as well
    }
  };
}

function lineOf({ time, level, rank, role, host, pid, text }: LogRecord): string {
  return `${JSON.stringify({ level: PINO_LEVELS[level], time, pid, hostname: host, rank, role, msg: text })}\n`;
}
