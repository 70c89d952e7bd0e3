/**
 * Names of things on the wire. All are plain numbers or strings, so that messages are plain JSON.
 *
 * A task is one element of a task array: `submit` makes an array of one, `map` and `scatter` an array of many.
 * An array's id is unique in the cluster: the client's number in the high part, its own count in the low part.
 */
export type ArrayId = number;
export type ClientId = number;
/** One incarnation of a worker process. A worker that comes back gets a new one; its name (the rank) stays. */
export type WorkerId = number;
/** Hash of a function's payload. */
export type FunctionHash = string;

export const ARRAYS_PER_CLIENT = 2 ** 32;

export function arrayId(client: ClientId, sequence: number): ArrayId {
  return client * ARRAYS_PER_CLIENT + sequence;
}

export function sequenceOfArray(array: ArrayId): number {
  return array % ARRAYS_PER_CLIENT;
}
