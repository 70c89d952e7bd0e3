/**
 * Takes a function apart: its text, its place, and the present values of the variables that it has closed over.
 *
 * What is not possible this way:
 *  - Two functions that close over one variable which is assigned later get a variable each. (An object that both
 *    hold in a constant stays one object.)
 *  - A name that only the head of a class uses, in a computed key, is not kept alive by the engine: it is refused.
 *  - Static private members are initialised again at the receiver; other statics arrive as they are.
 *  - Classes with decorators, and functions made in another `vm` context, as some test runners do.
 *  - Code whose file was rewritten by a loader is captured as it runs; its import bindings may then travel by value.
 *  - Inside of modules with top-level await, exported functions travel by value, not by reference.
 */
import { GLOBAL_NAMES, isNativeText } from './builtins.ts';
import { importsOf, type ModuleReference } from './imports.ts';
import { type FunctionView, Inspector, type ScopeView } from './inspector.ts';
import type { DecodedCode, Realm } from './realm.ts';
import { scriptUrl } from './scripts.ts';
import { type FunctionSource, sourceOf } from './source.ts';
import { type Position, startOfText } from './text.ts';
import { Unsendable } from './unsendable.ts';

/** Where the text of a function begins. */
export interface Place extends Position {
  /** Empty for code without a file. */
  readonly url: string;
}

/** A captured variable: a value, an import binding, or the `require` of a CommonJS file. */
export type Variable =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'import'; readonly reference: ModuleReference }
  | { readonly kind: 'require'; readonly url: string };

/** A function taken apart. */
export interface Capture {
  readonly source: FunctionSource;
  readonly place: Place;
  readonly variables: ReadonlyMap<string, Variable>;
}

const NO_VARIABLES: ReadonlyMap<string, Variable> = new Map();
const KNOWN_PLACES = 2000;

/** The places of texts that need nothing from around them. Where equal texts stand, any of their places will do. */
const places = new Map<string, Place>();

/** Captures functions of one realm, as of one moment: while it is open, each function is read once. */
export class Capturer implements Disposable {
  /** The ids of classes, found out at this moment. */
  readonly classIds = new Map<object, string>();
  readonly realm: Realm;
  readonly #inspector = new Inspector();
  readonly #captures = new Map<object, Capture>();
  readonly #views = new Map<object, FunctionView>();

  constructor(realm: Realm) {
    this.realm = realm;
  }

  /** @throws {Unsendable} if the function depends on something that no captured value can stand for. */
  capture(fn: object): Capture {
    let capture = this.#captures.get(fn);
    if (capture === undefined) {
      capture = this.#read(fn);
      this.#captures.set(fn, capture);
    }
    return capture;
  }

  /** The URL of the file that a function was written in; empty for one without a file. */
  urlOf(fn: object): string {
    const decoded = this.realm.decoded.get(fn);
    return decoded?.url ?? places.get(textOf(fn))?.url ?? this.#location(fn).url;
  }

  /** What a bound function binds; undefined for any other. */
  bound(fn: object): ReturnType<FunctionView['bound']> {
    return this.#view(fn).bound();
  }

  [Symbol.dispose](): void {
    this.#inspector[Symbol.dispose]();
  }

  #read(fn: object): Capture {
    const text = textOf(fn);
    const decoded = this.realm.decoded.get(fn);
    if (decoded !== undefined) return captureOfDecoded(text, decoded);
    if (isNativeText(text)) throw new Unsendable(`is a native function (${(fn as { name?: string }).name})`);
    const source = parsed(text);
    const { free } = source;
    if (free.obstacle !== undefined) throw new Unsendable(free.obstacle);
    const isClosed = free.names.size === 0 || this.realm.closed.has(fn);
    const place = this.#startOf(fn, text, source, isClosed && !free.importsDynamically);
    if (isClosed) return { source, place, variables: NO_VARIABLES };

    const variables = this.#readVariables(fn, source, place);
    if (variables.size === 0) this.realm.closed.add(fn);
    return { source, place, variables };
  }

  #startOf(fn: object, text: string, source: FunctionSource, anywhere: boolean): Place {
    const known = anywhere ? places.get(text) : undefined;
    if (known !== undefined) return known;
    const location = this.#location(fn);
    const place = { url: location.url, ...startOfText(text, source.anchor, location) };
    if (anywhere) {
      if (places.size >= KNOWN_PLACES) places.clear();
      places.set(text, place);
    }
    return place;
  }

  /** Where V8 says a function is: not always where its text begins. */
  #location(fn: object): Place {
    const { location } = this.#view(fn);
    if (location === undefined) return { url: '', line: 0, column: 0 };
    const url = scriptUrl(location.scriptId, this.#inspector);
    return { url, line: location.lineNumber, column: location.columnNumber };
  }

  #readVariables(fn: object, source: FunctionSource, place: Place): ReadonlyMap<string, Variable> {
    const { names, probed, assigned } = source.free;
    const scopes = this.#view(fn).scopes();
    const variables = new Map<string, Variable>();
    for (const name of names) {
      if (name === source.class?.superName) continue;
      const scope = scopes.find(({ kind, variables }) => kind !== 'Global' && name in variables);
      if (scope !== undefined) variables.set(name, this.#readVariable(name, scope, place));
      else if (GLOBAL_NAMES.has(name) || name === 'undefined') continue;
      else if (name in globalThis) variables.set(name, { kind: 'value', value: Reflect.get(globalThis, name) });
      else if (!probed.has(name) && !(assigned.has(name) && isSloppy(fn))) {
        throw new Unsendable(`refers to \`${name}\`, which is not defined in any enclosing scope`);
      }
    }
    return variables;
  }

  #readVariable(name: string, scope: ScopeView, place: Place): Variable {
    const reference = scope.kind === 'Module' ? importsOf(place.url).get(name) : undefined;
    const value = readValue(name, scope, reference !== undefined);
    if (reference !== undefined) {
      if (isObject(value)) this.realm.references.set(value, reference);
      return { kind: 'import', reference };
    }
    if (name === 'require' && isRequire(value)) return { kind: 'require', url: place.url };
    return { kind: 'value', value };
  }

  #view(fn: object): FunctionView {
    let view = this.#views.get(fn);
    if (view === undefined) {
      view = this.#inspector.view(fn);
      this.#views.set(fn, view);
    }
    return view;
  }
}

/** The text of a function as V8 has it, whatever its own `toString` says. */
/** Where a text stands that names nothing around it; undefined if it names something, or was never captured. */
export function placeOfClosed(text: string): Place | undefined {
  const place = places.get(text);
  return place !== undefined && sourceOf(text).free.names.size === 0 ? place : undefined;
}

export function textOf(fn: object): string {
  return Function.prototype.toString.call(fn);
}

function captureOfDecoded(text: string, { names, getVariables, ...place }: DecodedCode): Capture {
  const values = getVariables();
  const variables = names.map((name, i) => [name, { kind: 'value', value: values[i] }] as const);
  return { source: parsed(text), place, variables: new Map(variables) };
}

/** True for ordinary functions of sloppy mode: only those have these properties of their own. */
export function isSloppy(fn: object): boolean {
  return Object.hasOwn(fn, 'caller') && Object.hasOwn(fn, 'arguments');
}

function parsed(text: string): FunctionSource {
  try {
    return sourceOf(text);
  } catch {
    throw new Unsendable('has a text that cannot be read apart from its surroundings');
  }
}

function readValue(name: string, scope: ScopeView, isImport: boolean): unknown {
  try {
    return scope.variables[name];
  } catch {
    if (isImport) return undefined;
    throw new Unsendable('is in its temporal dead zone: its declaration has not run yet', name);
  }
}

/** The `require` that Node hands to each CommonJS file. */
function isRequire(value: unknown): boolean {
  return typeof value === 'function' && 'resolve' in value && 'cache' in value && 'main' in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}
