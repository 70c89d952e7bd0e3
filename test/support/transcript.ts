/** What a job has printed so far, and waiting for what it will print. */
export class Transcript {
  readonly #texts = { out: '', err: '' };
  readonly #closed = Promise.withResolvers<void>();
  readonly #listeners = new Set<() => void>();
  #open = 0;

  follow(stream: 'out' | 'err', from: NodeJS.ReadableStream): void {
    this.#open += 1;
    from.setEncoding('utf8');
    from.on('data', (text: string) => {
      this.#texts[stream] += text;
      for (const listener of this.#listeners) listener();
    });
    from.on('end', () => {
      this.#open -= 1;
      if (this.#open === 0) this.#closed.resolve();
    });
  }

  text(stream: 'out' | 'err'): string {
    return this.#texts[stream];
  }

  /** Resolves when all that was followed has ended. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Resolves with the first match in what was, or will be, printed to one of the streams. */
  async match(pattern: RegExp, ms: number): Promise<RegExpMatchArray> {
    const { promise, resolve } = Promise.withResolvers<RegExpMatchArray>();
    const look = (): void => {
      const match = this.#texts.out.match(pattern) ?? this.#texts.err.match(pattern);
      if (match !== null) resolve(match);
    };
    this.#listeners.add(look);
    look();
    return this.or(promise, `${pattern} to be printed`, ms).finally(() => this.#listeners.delete(look));
  }

  /** Waits, but not for ever: rejects with what was waited for and what was printed last. */
  async or<T>(promise: Promise<T>, what: string, ms: number): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}.\n${this.#last()}`)), ms);
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  #last(): string {
    const { out, err } = this.#texts;
    return `stdout ends with:\n${out.slice(-2000)}\nstderr ends with:\n${err.slice(-2000)}`;
  }
}
