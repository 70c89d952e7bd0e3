/** What the clients of this process have heard of one run that a user must know if it ends badly. Bounded, whatever happens. */
import type { ValueCodec } from '../values/codec.ts';
import { ownError } from './failure.ts';
import type { LostRank, RunFacts, TaskTally } from './summary.ts';
import type { Failure } from './task-array.ts';

/** What is known of a run from its start. */
export interface RunAbout {
  /** The same for all clients of a run. */
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly logDirectory: string | undefined;
}

/** What a client can still say when the run is over. */
export interface Unfinished {
  /** How many tasks of each name have not ended. */
  unfinished(): ReadonlyMap<string, number>;
}

interface Failed {
  count: number;
  /** The first, and what makes its text. */
  readonly first: Failure;
  readonly codec: ValueCodec;
}

const MOST_RANKS = 100;
const MOST_NAMES = 1000;
/** A larger error is not kept for the summary. */
const LARGEST_ERROR = 64 * 1024;

export class RunStory {
  readonly about: RunAbout;
  readonly #lost = new Map<string, LostRank>();
  #lostMore = 0;
  readonly #failed = new Map<string, Failed>();
  readonly #clients = new Set<Unfinished>();
  /** Of clients that have left. */
  readonly #left = new Map<string, number>();

  constructor(about: RunAbout) {
    this.about = about;
  }

  join(client: Unfinished): void {
    this.#clients.add(client);
  }

  /** The client is closed: what it had not finished never will be. */
  leave(client: Unfinished): void {
    if (this.#clients.delete(client)) addCounts(this.#left, client.unfinished());
  }

  /** Each client hears of it; it counts once. */
  rankLost(rank: LostRank): void {
    if (this.#lost.has(rank.who)) return;
    if (this.#lost.size < MOST_RANKS) this.#lost.set(rank.who, rank);
    else this.#lostMore++;
  }

  tasksFailed(name: string, count: number, { failure, codec }: { failure: Failure; codec: ValueCodec }): void {
    const known = this.#failed.get(name);
    if (known !== undefined) known.count += count;
    else if (this.#failed.size < MOST_NAMES) this.#failed.set(name, { count, first: smaller(failure), codec });
  }

  /** Tasks that had failed are tried again. */
  tasksRetried(name: string, count: number): void {
    const known = this.#failed.get(name);
    if (known === undefined) return;
    known.count -= count;
    if (known.count <= 0) this.#failed.delete(name);
  }

  facts(code: number): RunFacts {
    const { startedAt, logDirectory } = this.about;
    const lost = [...this.#lost.values()];
    return { startedAt, endedAt: Date.now(), code, lost, lostMore: this.#lostMore, tasks: this.#tasks(), logDirectory };
  }

  #tasks(): TaskTally[] {
    const unfinished = new Map(this.#left);
    for (const client of this.#clients) addCounts(unfinished, client.unfinished());
    const names = new Set([...this.#failed.keys(), ...unfinished.keys()]);
    return [...names].map((name) => {
      const failed = this.#failed.get(name);
      const firstError = failed === undefined ? '' : textOf(failed);
      return { name, failed: failed?.count ?? 0, firstError, unfinished: unfinished.get(name) ?? 0 };
    });
  }
}

function addCounts(to: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) {
    if (to.size < MOST_NAMES || to.has(name)) to.set(name, (to.get(name) ?? 0) + count);
  }
}

function smaller(failure: Failure): Failure {
  return failure.error.byteLength <= LARGEST_ERROR ? failure : { ...failure, error: new Uint8Array() };
}

/** A class whose module has not been loaded yet cannot be loaded now: then it is an `Error` with its name. */
function textOf({ first, codec }: Failed): string {
  if (first.error.byteLength === 0) return ownError(first).message;
  const thrown = codec.decodeError(first.error);
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return `${first.task}${first.worker === '' ? '' : ` on worker ${first.worker}`}: ${what}`;
}
