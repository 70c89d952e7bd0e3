/** Objects that are more than their properties: they hold something of this process, or hide a part of themselves. */
import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { builtinPath, isNativeText } from './builtins.ts';
import { textOf } from './capture.ts';
import type { GraphEncoder } from './graph-encoder.ts';
import { classesOf } from './prototypes.ts';
import type { Class } from './realm.ts';
import { sourceOf } from './source.ts';
import { Unsendable } from './unsendable.ts';

/** @throws {Unsendable} if an object cannot be made again from its properties. */
export function refuseLive(encoder: GraphEncoder, value: object): void {
  const problem = problemOf(value);
  if (problem !== undefined) throw new Unsendable(problem);
  for (const type of classesOf(value)) {
    if (type === Object || type === (EventEmitter as unknown)) return;
    if (isBuiltinClass(encoder, type)) {
      if (isKnownKind(value)) return;
      throw new Unsendable(`is a live ${className(value)} of this process`);
    }
    if (hidesMembers(type)) {
      throw new Unsendable(
        `is an instance of class ${type.name}, which has private (#) fields that cannot be read from outside`,
      );
    }
  }
}

/** True for objects that say all about themselves as a text, and can be made again from it. */
export function isTextual(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === URL.prototype || prototype === URLSearchParams.prototype;
}

function problemOf(value: object): string | undefined {
  if (value === process.env) return 'is process.env (pass a copy: `{ ...process.env }`)';
  if (types.isProxy(value)) return 'is a Proxy';
  if (types.isPromise(value)) return 'is a Promise (pass the future, or await it first)';
  if (types.isWeakMap(value)) return 'is a WeakMap';
  if (types.isWeakSet(value)) return 'is a WeakSet';
  if (value instanceof WeakRef) return 'is a WeakRef';
  if (types.isGeneratorObject(value)) return 'is a running generator';
  if (types.isModuleNamespaceObject(value)) return 'is a module namespace that no import statement of its file names';
  if (types.isExternal(value)) return 'is a native handle of this process';
  return undefined;
}

/** Kinds whose hidden contents the encoder writes. */
function isKnownKind(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    types.isNativeError(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    isTextual(value)
  );
}

function isBuiltinClass({ realm, capturer }: GraphEncoder, type: Class): boolean {
  if (realm.ordinary.has(type)) return false;
  if (builtinPath(type) !== undefined || isNativeText(textOf(type))) return true;
  if (realm.references.has(type)) return false;
  if (capturer.urlOf(type).startsWith('node:')) return true;
  realm.ordinary.add(type);
  return false;
}

function hidesMembers(type: Class): boolean {
  try {
    return sourceOf(textOf(type)).class?.hasPrivateMembers ?? false;
  } catch {
    return false; // a text of sloppy oddities, and so not a class with private members
  }
}

function className(value: object): string {
  const [type] = classesOf(value);
  return type?.name || 'object';
}
