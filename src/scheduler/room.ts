/**
 * Bounds what clients can make the scheduler keep, so that one that asks for too much is refused instead of ending the run for all.
 * It counts what was asked for; what the core has forgotten since is taken off when that pays.
 */
import { RolecallError } from '../errors.ts';
import type { ArrayId } from '../protocol/ids.ts';

export interface RoomLimits {
  /** Of all tasks, with their arguments and functions. */
  readonly bytes: number;
  /** Each is some objects on the heap of JavaScript, which has a limit of its own. */
  readonly arrays: number;
}

/** The columns of a task array. */
const BYTES_PER_TASK = 18;

export class Room {
  readonly #limits: RoomLimits;
  readonly #costs = new Map<ArrayId, number>();
  #bytes = 0;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /**
   * Takes room for an array that is about to be made.
   *
   * @param known the arrays that exist
   * @throws {RolecallError} `ERR_SCHEDULER_FULL` if there is none.
   */
  take(
    id: ArrayId,
    size: { readonly tasks: number; readonly bytes: number },
    known: ReadonlyMap<ArrayId, unknown>,
  ): void {
    if (known.size < this.#costs.size / 2) this.#forget(known);
    const cost = size.tasks * BYTES_PER_TASK + size.bytes;
    if (!this.#has(cost) && known.size < 0.9 * this.#costs.size) this.#forget(known);
    if (!this.#has(cost)) throw this.#full(size.tasks);
    this.#bytes += cost - (this.#costs.get(id) ?? 0);
    this.#costs.set(id, cost);
  }

  #has(cost: number): boolean {
    return this.#bytes + cost <= this.#limits.bytes && this.#costs.size < this.#limits.arrays;
  }

  #forget(known: ReadonlyMap<ArrayId, unknown>): void {
    for (const [id, cost] of this.#costs) {
      if (known.has(id)) continue;
      this.#costs.delete(id);
      this.#bytes -= cost;
    }
  }

  #full(tasks: number): RolecallError {
    const { bytes, arrays } = this.#limits;
    const kept = `it keeps ${this.#costs.size} task arrays of ${arrays}, and ${this.#bytes} bytes of ${bytes}`;
    return new RolecallError('ERR_SCHEDULER_FULL', `Cannot take an array of ${tasks} tasks: ${kept}`);
  }
}
