/**
 * libdragon, as promises. A call of it can block, some for good if a process was killed at the wrong time; so each is a job for a
 * thread of the addon, and has a deadline here. What the threads tell of comes in through `PeerEvents`.
 */
import { RolecallError } from '../errors.ts';
import type { DragonBindings, DragonEvent } from '../native/bindings.ts';
import { loadAddon } from '../native/load.ts';

export interface JobInput {
  readonly numbers?: readonly number[];
  /** Copied at once. */
  readonly bytes?: readonly Uint8Array[];
  /** Must not change until the job is done; held until then. */
  readonly source?: Uint8Array;
  /** Also held until the job is done, however late that is: memory from which the addon still reads. */
  readonly keep?: unknown;
  /** @default 10000 */
  readonly deadlineMs?: number;
}

export interface JobResult {
  readonly number: number;
  readonly data: Uint8Array;
}

/** What happens without having been asked for. */
export interface PeerEvents {
  packet(connection: number, sequence: number, acknowledged: number, bytes: Uint8Array): void;
  /** Nothing can be sent to a peer any more. */
  peerFailed(peer: number, error: RolecallError): void;
  /** Nothing is received any more. */
  inboxFailed(error: RolecallError): void;
}

interface Job {
  readonly action: string;
  readonly held: readonly unknown[];
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: RolecallError) => void;
  readonly timer: NodeJS.Timeout;
}

const DEADLINE_MS = 10_000;

export class DragonBridge {
  static #open: DragonBridge | undefined;
  readonly addon: DragonBindings;
  readonly library: string;
  events: PeerEvents | undefined;
  /** For measurements: told of each message how many microseconds it took to the receiving thread. */
  underway: ((microseconds: number) => void) | undefined;
  readonly #jobs = new Map<number, Job>();
  #nextId = 1;

  /**
   * The library, loaded once for the process.
   *
   * @throws {RolecallError} `ERR_DRAGON_MISSING` without the addon, or if the library is no libdragon that is known here.
   */
  static open(library: string): DragonBridge {
    DragonBridge.#open ??= new DragonBridge(library);
    return DragonBridge.#open;
  }

  private constructor(library: string) {
    const { addon, missing } = loadAddon();
    if (addon === null) {
      throw new RolecallError(
        'ERR_DRAGON_MISSING',
        `Cannot use DragonHPC: that needs the addon of this package, and ${missing}`,
      );
    }
    this.addon = addon;
    this.library = library;
    const why = addon.dragonOpen(library, (...event) => this.#onEvent(event));
    if (why !== null) throw new RolecallError('ERR_DRAGON_MISSING', `Cannot use DragonHPC: ${why}`);
  }

  /**
   * @param action what it is about, for the error: "attach to the runtime"
   * @throws {RolecallError} `ERR_DRAGON` with Dragon's own text and trace; `ERR_DEADLINE` if it does not come back in time.
   */
  job(kind: string, action: string, input: JobInput = {}): Promise<JobResult> {
    const { numbers = [], bytes = [], source = null, keep, deadlineMs = DEADLINE_MS } = input;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const give = (): void =>
        reject(new RolecallError('ERR_DEADLINE', `Cannot ${action}: Dragon did not come back within ${deadlineMs} ms`));
      const late = (): void => void setImmediate(give); // what came while user code held the event loop is heard before
      this.#jobs.set(id, {
        action,
        held: [source, keep],
        resolve,
        reject,
        timer: setTimeout(late, deadlineMs).unref(),
      });
      this.addon.dragonJob(this.addon.dragonKinds.indexOf(kind), id, numbers, bytes, source);
    });
  }

  #onEvent(event: DragonEvent): void {
    switch (event[0]) {
      case 0: {
        const [, id, code, text, number, data] = event;
        return this.#onJobDone(id, { number, data: new Uint8Array(data) }, code, text);
      }
      case 1:
        this.underway?.(event[5]);
        return this.events?.packet(event[1], event[2], event[3], new Uint8Array(event[4]));
      case 2:
        return this.events?.peerFailed(event[1], dragonError('send to a peer', event[4], event[5]));
      case 3:
        return this.events?.inboxFailed(dragonError('receive from peers', event[4], event[5]));
    }
  }

  #onJobDone(id: number, result: JobResult, code: string | null, text: string | null): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    this.#jobs.delete(id);
    clearTimeout(job.timer);
    if (code === null) job.resolve(result);
    else job.reject(dragonError(job.action, code, text, result.number));
  }
}

/** What the runtime answers to somebody who wants to attach. */
const ANSWERS: Readonly<Record<number, string>> = {
  1: 'it refused',
  2: 'the token is another one than that of the runtime',
  3: 'this process is attached already',
  5: 'it has no more numbers for processes',
  6: 'another process with the same number attaches at the same time',
};

function dragonError(action: string, code: string, text: string | null, answer = 0): RolecallError {
  const [first = '', ...trace] = [ANSWERS[answer], code === '' ? text : code].filter((word) => word !== undefined);
  const why = [first, ...trace].join(', ');
  const own = code === '' || text === null ? '' : `\n${text.trimEnd()}`;
  return new RolecallError('ERR_DRAGON', `Cannot ${action}: ${why}${own}`);
}
