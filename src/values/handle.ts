/**
 * The brand of objects that stand for a value elsewhere: futures and arrays of futures carry it on their prototype.
 * They travel as a number, never by content. A branded array or proxy must not have a builtin class's prototype.
 */
export const HANDLE: unique symbol = Symbol.for('rolecall.handle') as never;

/** True if an object is branded. */
export function isHandle(object: object): boolean {
  try {
    return (object as { readonly [HANDLE]?: unknown })[HANDLE] === true;
  } catch {
    return false; // a getter or proxy of the user's
  }
}
