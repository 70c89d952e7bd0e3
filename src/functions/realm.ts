/**
 * What one realm remembers between values: the modules it loaded, the values it knows to be exports of modules, and
 * the classes that left or came.
 *
 * A class that travels by value carries an id made from its definition: text, place, captured values. A realm that
 * meets an id again uses the class it has, so that `instanceof` holds among values that came separately, and an
 * instance that comes home is an instance of the class it left as. Static properties are not part of the definition:
 * the first values to arrive stay.
 */
import type { ModuleReference } from './imports.ts';
import { ModuleCache } from './modules.ts';

/** A class, or a function that is used as one. */
export type Class = abstract new (...args: never) => object;

/** What is known of a function because it was compiled here. */
export interface DecodedCode {
  readonly url: string;
  readonly line: number;
  readonly column: number;
  readonly names: readonly string[];
  readonly getVariables: () => readonly unknown[];
}

/** The memory of one realm. */
export class Realm {
  readonly modules = new ModuleCache();
  /** Objects and functions that are known to be exported by a module. */
  readonly references = new WeakMap<object, ModuleReference>();
  /** Functions without free variables of their own, and so without need to be inspected again. */
  readonly closed = new WeakSet<object>();
  /** Functions that were decoded here: their variables can be read without the inspector. */
  readonly decoded = new WeakMap<object, DecodedCode>();
  /** Classes that are known to be the user's and not Node's own. */
  readonly ordinary = new WeakSet<object>();
  readonly #idOf = new WeakMap<Class, string>();
  readonly #classOf = new Map<string, WeakRef<Class>>();
  readonly #forgotten = new FinalizationRegistry<string>((id) => this.#forget(id));

  /** The id of a class whose definition cannot have changed: it came from elsewhere, or it captures nothing. */
  fixedId(type: Class): string | undefined {
    return this.#idOf.get(type);
  }

  /** Says that the definition of a class will not change any more. */
  fixId(type: Class, id: string): void {
    this.#idOf.set(type, id);
  }

  /** The class with that id, if this realm has it. */
  classOf(id: string): Class | undefined {
    return this.#classOf.get(id)?.deref();
  }

  /** The id of a class of this realm with this definition. Classes that look alike are numbered. */
  idFor(type: Class, definition: string): string {
    for (let n = 0; ; n++) {
      const id = `${definition}.${n}`;
      const holder = this.classOf(id);
      if (holder === type) return id;
      if (holder === undefined) {
        this.remember(type, id);
        return id;
      }
    }
  }

  /** Remembers the class behind an id, for as long as somebody uses the class. */
  remember(type: Class, id: string): void {
    this.#classOf.set(id, new WeakRef(type));
    this.#forgotten.register(type, id);
  }

  #forget(id: string): void {
    if (this.classOf(id) === undefined) this.#classOf.delete(id);
  }
}
