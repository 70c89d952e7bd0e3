import type { LogRecord, LogSource } from '../protocol/log-record.ts';

/** So many of the latest records are kept for whoever comes later. */
const MOST_KEPT = 1000;

/** Passes records on to all that follow, and keeps the latest. */
export class LogFeed implements LogSource {
  readonly #kept: LogRecord[] = [];
  readonly #listeners = new Set<(record: LogRecord) => void>();

  add(record: LogRecord): void {
    this.#kept.push(record);
    if (this.#kept.length > MOST_KEPT) this.#kept.shift();
    for (const listener of this.#listeners) listener(record);
  }

  follow(listener: (record: LogRecord) => void): () => void {
    for (const record of this.#kept) listener(record);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
