/** What `console.log` shows of objects that users hold: what they ask for, and nothing of the inside, where the key of the run is. */

/** Node's name for a method that says how its object is shown. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** Node's own `inspect`, which it gives to such a method. */
export type Inspect = (value: unknown, options: object) => string;
