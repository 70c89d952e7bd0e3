/**
 * A quick look at a value before it is sent: is it plain data, which Node's own serialiser keeps whole? Functions,
 * class instances, errors, symbols and futures are not, nor are objects without a prototype and SharedArrayBuffers;
 * they take the slower way of src/functions.
 *
 * Most values are trees, and remembering every object of a tree costs more than looking at it. So the walk remembers
 * one object only, a later one at each power of two. Whoever walks in circles meets it again; only then all objects
 * are remembered (Brent's way of finding cycles).
 *
 * Named properties that somebody hung on an array are not looked at.
 */
import { Buffer } from 'node:buffer';

/** From this many on, all objects are remembered in any case. */
const MANY_OBJECTS = 2 ** 20;
/** Longer arrays may be sparse: only the elements that are there are looked at. */
const LONGEST_DENSE_ARRAY = 1e7;

const LEAF_PROTOTYPES = new Set<unknown>([
  Date.prototype,
  RegExp.prototype,
  Number.prototype,
  String.prototype,
  Boolean.prototype,
  BigInt.prototype,
]);
const VIEW_PROTOTYPES = new Set<unknown>([
  Buffer.prototype,
  DataView.prototype,
  ...Object.getOwnPropertyNames(globalThis)
    .filter((name) => /^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/.test(name))
    .map((name) => (globalThis as unknown as Record<string, { prototype: object }>)[name]!.prototype),
]);

/** True if `root` is plain data. ArrayBuffers that are in it (not views on them) are pushed to `arrayBuffers`. */
export function isPlain(root: unknown, arrayBuffers: ArrayBuffer[]): boolean {
  const pending: unknown[] = [root];
  let seen: Set<unknown> | undefined;
  let milestone: unknown;
  let count = 0;
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'function' || typeof value === 'symbol') return false;
    if (typeof value !== 'object' || value === null) continue;
    if (seen?.has(value)) continue;
    if (value === milestone || count === MANY_OBJECTS) seen ??= new Set();
    seen?.add(value);
    if (isPowerOfTwo(++count)) milestone = value;
    if (!pushChildren(value, pending, arrayBuffers)) return false;
  }
  return true;
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

function pushChildren(value: object, pending: unknown[], arrayBuffers: ArrayBuffer[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return pushProperties(value, pending);
  if (prototype === Array.prototype) return pushElements(value as unknown[], pending);
  if (prototype === Map.prototype) {
    for (const [key, element] of value as Map<unknown, unknown>) pending.push(key, element);
    return true;
  }
  if (prototype === Set.prototype) {
    for (const element of value as Set<unknown>) pending.push(element);
    return true;
  }
  if (prototype === ArrayBuffer.prototype) {
    if (!arrayBuffers.includes(value as ArrayBuffer)) arrayBuffers.push(value as ArrayBuffer);
    return true;
  }
  if (ArrayBuffer.isView(value)) return VIEW_PROTOTYPES.has(prototype);
  return LEAF_PROTOTYPES.has(prototype);
}

function pushProperties(value: object, pending: unknown[]): boolean {
  for (const key in value) {
    const property = (value as Record<string, unknown>)[key];
    const type = typeof property;
    if (type === 'object' ? property !== null : type === 'function' || type === 'symbol') pending.push(property);
  }
  return true;
}

function pushElements(value: readonly unknown[], pending: unknown[]): boolean {
  if (value.length > LONGEST_DENSE_ARRAY) return pushProperties(value, pending);
  for (let i = 0; i < value.length; i++) {
    const element = value[i];
    const type = typeof element;
    if (type === 'object' ? element !== null : type === 'function' || type === 'symbol') pending.push(element);
  }
  return true;
}
