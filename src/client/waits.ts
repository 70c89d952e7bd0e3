import type { RolecallError } from '../errors.ts';

/** All that a session waits for, so that no wait outlasts it, and the process lives exactly as long as somebody waits. */
export class Waits {
  readonly #failures = new Set<(error: RolecallError) => void>();
  readonly #keepAlive: (on: boolean) => void;
  #held = 0;
  #endReason: RolecallError | undefined;

  /** @param keepAlive called when the first wait begins, and when the last has ended */
  constructor(keepAlive: (on: boolean) => void) {
    this.#keepAlive = keepAlive;
  }

  get isAny(): boolean {
    return this.#held > 0;
  }

  /** Why all have ended, and none begins any more. */
  get endReason(): RolecallError | undefined {
    return this.#endReason;
  }

  /** `start` begins a wait and returns how to stop it. */
  add<T = void>(start: (resolve: (value: T) => void) => () => void): Promise<T> {
    if (this.#endReason !== undefined) return Promise.reject(this.#endReason);
    this.#count(1);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#failures.add(reject);
    const stop = start(resolve);
    return promise.finally(() => {
      stop();
      this.#failures.delete(reject);
      this.#count(-1);
    });
  }

  /** For what ends by itself. */
  hold<T>(work: Promise<T>): Promise<T> {
    this.#count(1);
    return work.finally(() => this.#count(-1));
  }

  /** The first reason counts. */
  end(why: () => RolecallError): void {
    if (this.#endReason !== undefined) return;
    const reason = why();
    this.#endReason = reason;
    for (const failed of [...this.#failures]) failed(reason);
  }

  #count(by: 1 | -1): void {
    const before = this.#held;
    this.#held += by;
    if ((before === 0) !== (this.#held === 0)) this.#keepAlive(this.#held > 0);
  }
}
