/** Ranks that a test starts one by one, as a launcher does on several nodes. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Job } from './run-job.ts';

export class Ranks implements AsyncDisposable {
  /** The folder that all ranks share. */
  readonly directory = mkdtempSync(join(tmpdir(), 'ranks-'));
  readonly #run = randomUUID();
  readonly #size: number;
  readonly #words: readonly string[];
  readonly #jobs: Job[] = [];

  /** @param words what stands behind `node` on the command line of every rank */
  constructor(size: number, words: readonly string[]) {
    this.#size = size;
    this.#words = words;
  }

  start(rank: number, env: Readonly<Record<string, string>> = {}): Job {
    const place = {
      ROLECALL_RANK: String(rank),
      ROLECALL_SIZE: String(this.#size),
      ROLECALL_RUN: this.#run,
      ROLECALL_DIRECTORY: this.directory,
    };
    const job = new Job(this.#words, { env: { ...place, ...env } });
    this.#jobs.push(job);
    return job;
  }

  startAll(env: Readonly<Record<string, string>> = {}): Job[] {
    return Array.from({ length: this.#size }, (_, rank) => this.start(rank, env));
  }

  /** What lies in the shared folder. */
  get left(): readonly string[] {
    return readdirSync(this.directory, { recursive: true, encoding: 'utf8' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#jobs.map((job) => job.discard()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
