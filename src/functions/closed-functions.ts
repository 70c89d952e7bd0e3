/**
 * Functions that use nothing from around them, by their text. A lambda in a loop is a new object each time round, but
 * always the same bytes: to make them anew costs more than all else that the client does for a small task.
 */
import { types } from 'node:util';
import { placeOfClosed, textOf } from './capture.ts';
import { exportOf } from './exports.ts';
import type { Realm } from './realm.ts';

const KNOWN_FUNCTIONS = 2000;

export class ClosedFunctions<Encoded> {
  readonly #realm: Realm;
  readonly #known = new Map<string, { readonly url: string; readonly encoded: Encoded }>();

  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /** What was remembered of a function with the same text and name, which travels by value as that one did. */
  get(fn: object): Encoded | undefined {
    const key = this.#keyOf(fn);
    const known = key === undefined ? undefined : this.#known.get(key);
    return known === undefined || exportOf(fn, known.url) !== undefined ? undefined : known.encoded;
  }

  /** To be called right after `fn` was encoded; does nothing unless it is closed. */
  remember(fn: object, encoded: Encoded): void {
    const key = this.#keyOf(fn);
    const url = key === undefined ? undefined : placeOfClosed(textOf(fn))?.url;
    if (key === undefined || url === undefined || exportOf(fn, url) !== undefined) return;
    if (this.#known.size >= KNOWN_FUNCTIONS) this.#known.clear();
    this.#known.set(key, { url, encoded });
  }

  /** Undefined for a function with more to it than its text and name: properties, a prototype, a place of its own. */
  #keyOf(fn: object): string | undefined {
    if (types.isProxy(fn) || this.#realm.decoded.has(fn) || Reflect.ownKeys(fn).length !== 2) return undefined;
    if (Object.getPrototypeOf(fn) !== Function.prototype) return undefined;
    return `${String((fn as { readonly name?: unknown }).name)}\n${textOf(fn)}`;
  }
}
