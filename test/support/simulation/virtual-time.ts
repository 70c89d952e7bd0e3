import type { Random } from '../random.ts';

interface Happening {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes only as far as something happens: a queue of what is going to happen, and when. */
export class VirtualTime {
  now = 0;
  readonly #queue: Happening[] = [];

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  /** What is to happen at the same time happens in the order in which it was asked for. */
  at(at: number, run: () => void): void {
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1] as Happening).at > at) place--;
    this.#queue.splice(place, 0, { at, run });
  }

  /** Lets everything happen, and what follows from it, until nothing is left. */
  run(mostSteps: number): void {
    for (let step = 0; this.#queue.length > 0; step++) {
      if (step > mostSteps) throw new Error(`The cluster does not come to rest within ${mostSteps} steps`);
      const { at, run } = this.#queue.shift() as Happening;
      this.now = at;
      run();
    }
  }
}

/** A connection: what is sent arrives later, in order, unless the connection is cut before. */
export class Wire {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #mostMs: number;
  #lastAt = 0;
  isCut = false;

  constructor(time: VirtualTime, random: Random, mostMs: number) {
    this.#time = time;
    this.#random = random;
    this.#mostMs = mostMs;
  }

  send(arrive: () => void): void {
    this.#lastAt = Math.max(this.#lastAt, this.#time.now + this.#random.next() * this.#mostMs);
    this.#time.at(this.#lastAt, () => {
      if (!this.isCut) arrive();
    });
  }
}
