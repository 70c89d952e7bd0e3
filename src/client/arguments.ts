/** Arguments of tasks as bytes, with the futures in them as dependencies. */
import type { Dependency } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { ValuePacker } from '../values/pack.ts';
import type { Session } from './session.ts';
import { targetOf } from './target.ts';

export interface EncodedArguments {
  readonly bytes: Uint8Array;
  readonly dependencies: readonly Dependency[];
}

export interface EncodedItems {
  readonly items: PackedValues;
  readonly own: [index: number, dependencies: Dependency[]][];
  /** Item `i` is the future of task `start + i` of one array. */
  readonly zip: { readonly array: number; readonly start: number } | null;
}

/** @throws {RolecallError} `ERR_UNSERIALISABLE_ARGUMENT`, `ERR_FOREIGN_FUTURE`, `ERR_FUTURE_RELEASED`. */
export function encodeArguments(session: Session, values: readonly unknown[], name: string): EncodedArguments {
  if (values.length === 0) return { bytes: new Uint8Array(0), dependencies: [] };
  const found = new Handles(session);
  const bytes = session.codec.encode(values, { ...optionsFor(`arguments of task \`${name}\``), handle: found.handle });
  return { bytes, dependencies: found.dependencies };
}

/** Items of a `map`, each on its own, so that any part of them can be sent anywhere. `place` may put something in their place. */
export function encodeItems(
  session: Session,
  items: readonly unknown[],
  name: string,
  place: (item: unknown) => unknown,
): EncodedItems {
  const packer = new ValuePacker(session.codec, 16 * items.length + 64);
  const own: [number, Dependency[]][] = [];
  const what = `an item of task \`${name}\``;
  let found = new Handles(session);
  const options = { ...optionsFor(what), handle: (object: object) => found.handle(object) };
  session.codec.atOneMoment(() => {
    for (let i = 0; i < items.length; i++) {
      packer.add(place(items[i]), options);
      if (found.dependencies.length === 0) continue;
      own.push([i, found.dependencies]);
      found = new Handles(session);
    }
  });
  return { items: packer.finish(), own, zip: null };
}

/** The tasks of one array as items, one by one, without looking at each. */
export function encodeArrayItems(session: Session, handle: object): EncodedItems {
  const { array } = targetOf(session, handle);
  const one = session.codec.encode(handle, { ...optionsFor('an item'), handle: () => 0 });
  const packer = new ValuePacker(session.codec, one.length * array.count);
  for (let i = 0; i < array.count; i++) packer.addEncoded(one);
  return { items: packer.finish(), own: [], zip: { array: array.sequence, start: 0 } };
}

/** The dependencies of one value, numbered as they are met. */
class Handles {
  readonly #session: Session;
  readonly #numbers = new Map<string, number>();
  readonly dependencies: Dependency[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  readonly handle = (object: object): number => {
    const { array, index } = targetOf(this.#session, object);
    const key = `${array.sequence}:${index ?? 'all'}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.dependencies.length;
    this.#numbers.set(key, number);
    const whole = index === null;
    this.dependencies.push({ array: array.sequence, start: index ?? 0, count: whole ? array.count : 1, whole });
    return number;
  };
}

function optionsFor(what: string): { readonly what: string; readonly code: 'ERR_UNSERIALISABLE_ARGUMENT' } {
  return { what, code: 'ERR_UNSERIALISABLE_ARGUMENT' };
}
