import { hostname } from 'node:os';
import { isAtLeast, type Log, type LogLevel, type LogRecord, type LogSource } from '../protocol/log-record.ts';
import { LogFeed } from './log-feed.ts';
import { openLogFile } from './log-file.ts';

export interface RankLogOptions {
  /** Number of the rank, or the name of a worker that has none. */
  readonly rank: string;
  readonly role: string;
  /** What is less is not recorded. */
  readonly level: LogLevel;
  /** Folder for a file of the rank. Then standard error shows warnings and errors alone. */
  readonly directory: string | undefined;
}

const LONGEST_TEXT = 10_000;

/** The log of one process: prints, writes a file, and feeds whoever follows. */
export class RankLog implements LogSource {
  readonly #options: RankLogOptions;
  readonly #feed = new LogFeed();
  readonly #toFile: ((record: LogRecord) => void) | undefined;
  readonly #printed: LogLevel;

  constructor(options: RankLogOptions) {
    this.#options = options;
    this.#printed = options.directory === undefined || options.level === 'error' ? options.level : 'warn';
    if (options.directory !== undefined) this.#toFile = this.#openFile(options.directory);
  }

  /** Bound, so that it can be handed on alone. */
  readonly write: Log = (level, text) => {
    if (!isAtLeast(level, this.#options.level)) return;
    const { rank, role } = this.#options;
    const short = text.slice(0, LONGEST_TEXT);
    const record = { time: Date.now(), level, rank, role, host: hostname(), pid: process.pid, text: short };
    if (isAtLeast(level, this.#printed))
      process.stderr.write(`rolecall: rank ${rank} (${role} on ${record.host}): ${text}\n`);
    this.#toFile?.(record);
    this.#feed.add(record);
  };

  follow(listener: (record: LogRecord) => void): () => void {
    return this.#feed.follow(listener);
  }

  #openFile(directory: string): ((record: LogRecord) => void) | undefined {
    try {
      return openLogFile(directory, this.#options.rank);
    } catch (error) {
      const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
      process.stderr.write(
        `rolecall: rank ${this.#options.rank} writes no log to ${directory} (logDirectory): ${code ?? message}\n`,
      );
      return undefined;
    }
  }
}
