/** Writes the own properties of objects and functions, with their flags, getters and setters. */
import { PROPERTY } from './format.ts';
import type { GraphEncoder } from './graph-encoder.ts';
import { isUsualPrototype } from './prototypes.ts';

/** Own properties apart from those in `told`. Properties whose key is a unique symbol stay behind. */
export function writeProperties(encoder: GraphEncoder, owner: object, told?: ReadonlySet<PropertyKey>): void {
  writeKeys(
    encoder,
    owner,
    Reflect.ownKeys(owner).filter((key) => !told?.has(key)),
  );
}

/** Telling names from elements takes a list of all keys: it is not made for longer arrays than this. */
const LONGEST_LISTED = 10_000;

/**
 * What hangs on an array, a typed array or a string object besides its elements. Not looked for on long ones, unless
 * they are of a class of their own.
 */
export function writeNamedProperties(encoder: GraphEncoder, owner: object): void {
  const { length = 0 } = owner as { readonly length?: number };
  if (length > LONGEST_LISTED && isUsualPrototype(Object.getPrototypeOf(owner) as object, owner)) {
    return encoder.writer.count(0);
  }
  const keys = Object.getOwnPropertyNames(owner).filter((key) => key !== 'length' && !isIndex(key));
  writeKeys(encoder, owner, [...keys, ...Object.getOwnPropertySymbols(owner)]);
}

function writeKeys(encoder: GraphEncoder, owner: object, keys: readonly (string | symbol)[]): void {
  const sendable = keys.filter(isSendableKey);
  encoder.writer.count(sendable.length);
  for (const key of sendable) writeProperty(encoder, owner, key);
}

function writeProperty(encoder: GraphEncoder, owner: object, key: string | symbol): void {
  const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(owner, key)!;
  const isAccessor = get !== undefined || set !== undefined;
  encoder.writer.byte(
    (flags.writable ? PROPERTY.writable : 0) |
      (flags.enumerable ? PROPERTY.enumerable : 0) |
      (flags.configurable ? PROPERTY.configurable : 0) |
      (isAccessor ? PROPERTY.accessor : 0),
  );
  encoder.slot(key, 'part', '');
  if (!isAccessor) return encoder.slot(value, 'property', key);
  encoder.slot(get, 'property', key);
  encoder.slot(set, 'property', key);
}

function isSendableKey(key: string | symbol): boolean {
  return typeof key === 'string' || Symbol.keyFor(key) !== undefined || key.description?.startsWith('Symbol.') === true;
}

function isIndex(key: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(key);
}
