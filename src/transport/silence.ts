/** How often within the limit it is looked whether a peer has said anything. */
const LOOKS = 5;

/**
 * Notices that a peer has been silent for too long. Silence is counted in ticks of a timer of this process, so that a time in which this
 * process itself stood still, because it was stopped or computed, does not count: what the peer said then is still to be read.
 */
export class Silence {
  #ticks = 0;
  readonly #timer: NodeJS.Timeout;

  /** @param onSilent called once each time that the peer has fallen silent */
  constructor(limitMs: number, onSilent: () => void) {
    this.#timer = setInterval(() => {
      this.#ticks += 1;
      if (this.#ticks === LOOKS) onSilent();
    }, limitMs / LOOKS);
    this.#timer.unref();
  }

  /** The peer has said something. */
  heard(): void {
    this.#ticks = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** For messages: "30 s". */
export function silenceText(limitMs: number): string {
  return `has been silent for ${limitMs / 1000} s`;
}

/** How often a process must say that it is alive if others give it up, or expect an answer, after these times of silence. */
export function aliveEveryMs(...limitsMs: readonly number[]): number {
  return Math.min(5000, ...limitsMs.map((limitMs) => limitMs / LOOKS));
}
