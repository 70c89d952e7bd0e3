/**
 * What every Node process has: globals and builtin modules. Such a thing travels as a path, like
 * `Array.prototype.slice` or `node:fs#readFileSync`, and is the receiver's own.
 */
import { builtinModules } from 'node:module';
import { RolecallError } from '../errors.ts';

/** The names of the globals that were there when this package was loaded; later ones are the user's. */
export const GLOBAL_NAMES: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(globalThis));

/** Classes of this package: each realm may have loaded its own copy of it, and all copies are the same class. */
const OWN_CLASSES: Readonly<Record<string, object>> = { RolecallError };
const OWN_PREFIX = 'rolecall#';

/** Node loads these when somebody looks at them: the HTTP client alone takes as long as all the rest of a capture. */
const LAZY_GLOBALS =
  /Stream|Headers|Request|Response|FormData|Socket|Source|Event$|[Cc]rypto|avigator|Strateg|^File|Storage/;

let globals: Map<object, string> | undefined;
let lazyGlobals: Map<object, string> | undefined;
let modules = new Map<object, string>();
let loadedModules = 0;

/** The path of a global, of a builtin module, or of something that one of them has. */
export function builtinPath(value: object): string | undefined {
  globals ??= listGlobals((name) => !LAZY_GLOBALS.test(name));
  const { length } = loadedList();
  if (length !== loadedModules) {
    modules = listModules(globals);
    loadedModules = length;
  }
  return globals.get(value) ?? modules.get(value);
}

/** The path of something that is known to be Node's own. This looks everywhere, and may load much of Node. */
export function anyBuiltinPath(value: object): string | undefined {
  const path = builtinPath(value);
  if (path !== undefined) return path;
  lazyGlobals ??= listGlobals((name) => LAZY_GLOBALS.test(name));
  return lazyGlobals.get(value);
}

/** What stands at a path. @throws TypeError if this process has nothing there. */
export function builtinAt(path: string): unknown {
  if (path.startsWith(OWN_PREFIX)) return OWN_CLASSES[path.slice(OWN_PREFIX.length)];
  const [head, tail] = path.includes('#') ? path.split('#') : [undefined, path];
  let value: unknown = head === undefined ? globalThis : process.getBuiltinModule(head!);
  for (const key of tail!.split('.')) {
    if (key !== '') value = (value as Record<string | symbol, unknown>)[keyFrom(key)];
  }
  if (value === undefined) throw new TypeError(`this version of Node.js has no ${path}`);
  return value;
}

/** True if the text of a function shows that it is not written in JavaScript. */
export function isNativeText(text: string): boolean {
  return text.endsWith('{ [native code] }');
}

function listGlobals(isWanted: (name: string) => boolean): Map<object, string> {
  const paths = new Map<object, string>([[globalThis, '']]);
  for (const [name, type] of Object.entries(OWN_CLASSES)) paths.set(type, OWN_PREFIX + name);
  for (const name of GLOBAL_NAMES) {
    const value = isWanted(name) ? dataAt(globalThis, name) : undefined;
    if (!isObject(value) || paths.has(value)) continue;
    paths.set(value, name);
    addFunctions(paths, value, name);
    const prototype = dataAt(value, 'prototype');
    if (!isObject(prototype)) continue;
    paths.set(prototype, `${name}.prototype`);
    addFunctions(paths, prototype, `${name}.prototype`);
  }
  return paths;
}

/** Only modules that somebody has loaded: nobody can hold anything of the others, and loading some has effects. */
function listModules(known: ReadonlyMap<object, string>): Map<object, string> {
  const paths = new Map<object, string>();
  const loaded = new Set(loadedList());
  for (const name of builtinModules) {
    if (!loaded.has(`NativeModule ${name.replace(/^node:/, '')}`)) continue;
    const id = name.startsWith('node:') ? name : `node:${name}`;
    const exported: unknown = process.getBuiltinModule(id);
    if (!isObject(exported) || known.has(exported)) continue;
    if (!paths.has(exported)) paths.set(exported, `${id}#`);
    addFunctions(paths, exported, `${id}#`);
  }
  return paths;
}

function loadedList(): readonly string[] {
  return (process as unknown as { readonly moduleLoadList: readonly string[] }).moduleLoadList;
}

function addFunctions(paths: Map<object, string>, owner: object, path: string): void {
  const prefix = path.endsWith('#') ? path : `${path}.`;
  for (const key of Reflect.ownKeys(owner)) {
    const value = dataAt(owner, key);
    const name = keyText(key);
    if (typeof value === 'function' && name !== undefined && !paths.has(value)) paths.set(value, prefix + name);
  }
}

/** Own data properties only: a getter may load half of Node, or warn. */
function dataAt(owner: object, key: string | symbol): unknown {
  return Object.getOwnPropertyDescriptor(owner, key)?.value;
}

function keyText(key: string | symbol): string | undefined {
  if (typeof key === 'string') return /^[\w$]+$/.test(key) ? key : undefined;
  return key.description?.startsWith('Symbol.') ? `@@${key.description.slice('Symbol.'.length)}` : undefined;
}

function keyFrom(text: string): string | symbol {
  return text.startsWith('@@') ? (Symbol as unknown as Record<string, symbol>)[text.slice(2)]! : text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}
