/** What a rank has to say of itself: to the terminal, to a file, and to whoever listens at the client. */

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogRecord {
  /** Milliseconds since 1970, by the clock of the rank's machine. */
  readonly time: number;
  readonly level: LogLevel;
  /** Of the rank; for a worker that was started by hand, its name. */
  readonly rank: string;
  readonly role: string;
  readonly host: string;
  readonly pid: number;
  readonly text: string;
}

/** Takes one thing to say. No text may hold the key of the run, or a value of a task. */
export type Log = (level: LogLevel, text: string) => void;

/** Where records come from. */
export interface LogSource {
  /** Calls `listener` with what was recorded so far, as far as it is kept, then with every record. Returns how to stop. */
  follow(listener: (record: LogRecord) => void): () => void;
}

export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}
