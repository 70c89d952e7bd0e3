/** Writes the nodes of functions and classes: by reference if somebody exports them, else by value. */
import { types } from 'node:util';
import { anyBuiltinPath, isNativeText } from './builtins.ts';
import { type Capture, isSloppy, textOf, type Variable } from './capture.ts';
import { exportOf } from './exports.ts';
import { FUNCTION, NODE, SLOT } from './format.ts';
import type { GraphEncoder } from './graph-encoder.ts';
import { writeProperties } from './properties.ts';
import type { Class } from './realm.ts';
import { Unsendable } from './unsendable.ts';

type AnyFunction = (...args: never) => unknown;

/** Told by the function's text, or by the node itself. */
const TOLD_OF_FUNCTIONS: readonly PropertyKey[] = ['length', 'name', 'prototype', 'arguments', 'caller'];

/** @throws {Unsendable} if the function cannot leave its surroundings. */
export function writeFunction(encoder: GraphEncoder, fn: object): void {
  const { capturer, realm } = encoder;
  if (types.isProxy(fn)) throw new Unsendable('is a Proxy');
  const text = textOf(fn);
  const bound = isNativeText(text) ? capturer.bound(fn) : undefined;
  if (bound !== undefined) return writeBound(encoder, bound);
  const url = isNativeText(text) ? 'node:' : capturer.urlOf(fn);
  if (url.startsWith('node:')) return writeBuiltin(encoder, fn);
  const reference = exportOf(fn, url);
  if (reference === undefined) return writeByValue(encoder, fn as AnyFunction, text);
  realm.references.set(fn, reference);
  encoder.writer.byte(NODE.reference);
  encoder.moduleSlot(reference);
}

function writeBuiltin(encoder: GraphEncoder, fn: object): void {
  const path = anyBuiltinPath(fn);
  if (path === undefined) throw new Unsendable(`is a native function (${(fn as AnyFunction).name})`);
  encoder.writer.byte(NODE.reference);
  encoder.writer.byte(SLOT.builtin);
  encoder.writer.text(path);
}

function writeBound(
  encoder: GraphEncoder,
  { target, self, args }: { readonly target: unknown; readonly self: unknown; readonly args: readonly unknown[] },
): void {
  encoder.writer.byte(NODE.bound);
  encoder.slot(target, 'part', 'bound');
  encoder.slot(self, 'part', 'this');
  encoder.writer.count(args.length);
  args.forEach((argument, i) => {
    encoder.slot(argument, 'property', i);
  });
}

function writeByValue(encoder: GraphEncoder, fn: AnyFunction, text: string): void {
  const { writer, options } = encoder;
  const capture = encoder.capturer.capture(fn);
  const { source, place } = capture;
  const hasPrototype = source.class === undefined && hasOwnPrototype(fn);
  warnOfAssignments(encoder, capture);
  writer.byte(NODE.function);
  writer.byte(flagsOf(fn, capture, hasPrototype));
  writer.text(options.isDefinition ? '' : classId(encoder, fn, capture, hasPrototype));
  writer.text(source.text);
  writer.text(typeof fn.name === 'string' ? fn.name : '');
  writer.text(place.url);
  writer.count(Math.max(0, place.line));
  writer.count(Math.max(0, place.column));
  if (source.class?.superName !== undefined) {
    encoder.slot(superOf(fn), 'part', 'extends');
    writer.text(source.class.superName);
  }
  writer.count(capture.variables.size);
  for (const [name, variable] of capture.variables) writeVariable(encoder, name, variable);
  if (hasPrototype) encoder.slot(prototypeOf(fn), 'part', 'prototype');
  writeExtras(encoder, fn, text, source.class !== undefined);
}

function flagsOf(fn: AnyFunction, { source }: Capture, hasPrototype: boolean): number {
  return (
    (source.form === 'method' ? FUNCTION.method : 0) |
    (source.form === 'class' ? FUNCTION.class : 0) |
    (source.isSloppy || isSloppy(fn) ? FUNCTION.sloppy : 0) |
    (source.free.importsDynamically ? FUNCTION.importsDynamically : 0) |
    (source.class?.superName === undefined ? 0 : FUNCTION.extends) |
    (hasPrototype ? FUNCTION.prototype : 0)
  );
}

function writeVariable(encoder: GraphEncoder, name: string, variable: Variable): void {
  encoder.writer.text(name);
  if (variable.kind === 'import') return encoder.moduleSlot(variable.reference);
  if (variable.kind === 'value') return encoder.slot(variable.value, 'variable', name);
  encoder.writer.byte(SLOT.require);
  encoder.writer.text(variable.url);
}

/** The properties of a function; of a class also what was added to its prototype since. */
function writeExtras(encoder: GraphEncoder, fn: AnyFunction, text: string, isClass: boolean): void {
  if (encoder.options.isDefinition) return;
  writeProperties(encoder, fn, new Set([...TOLD_OF_FUNCTIONS, ...(isClass ? writtenIn(text, fn) : [])]));
  if (!isClass) return;
  const prototype = prototypeOf(fn);
  const told = new Set<PropertyKey>(['constructor', ...writtenIn(text, prototype)]);
  writeProperties(encoder, prototype, told);
}

/** The keys of methods and accessors whose text is part of the class's own. */
function writtenIn(text: string, owner: object): PropertyKey[] {
  return Reflect.ownKeys(owner).filter((key) => {
    const { value, get, set, enumerable } = Object.getOwnPropertyDescriptor(owner, key)!;
    if (enumerable) return false; // a static field, or something added: its initialiser is not run again
    const code: unknown = get ?? set ?? value;
    return typeof code === 'function' && !types.isProxy(code) && text.includes(textOf(code));
  });
}

/** Functions that make objects are known by an id, so that those stay instances of the same thing. */
function classId(encoder: GraphEncoder, fn: AnyFunction, capture: Capture, hasPrototype: boolean): string {
  const { realm, capturer } = encoder;
  const type = fn as unknown as Class;
  const known = realm.fixedId(type) ?? capturer.classIds.get(type);
  if (known !== undefined) return known;
  if (capture.source.form !== 'class' && !hasPrototype && !looksLikeConstructor(fn, capture)) return '';
  const id = realm.idFor(type, encoder.definitionOf(type));
  capturer.classIds.set(type, id);
  const isAlone = capture.variables.size === 0 && !hasPrototype && Object.getPrototypeOf(fn) === Function.prototype;
  if (isAlone) realm.fixId(type, id);
  return id;
}

function looksLikeConstructor(fn: AnyFunction, { source }: Capture): boolean {
  const prototype = prototypeOf(fn) as object | undefined;
  return prototype !== undefined && Object.hasOwn(prototype, 'constructor') && /\bthis\b/.test(source.text);
}

/** True for an ordinary function whose `prototype` somebody has added to, or replaced. */
function hasOwnPrototype(fn: AnyFunction): boolean {
  const prototype = Object.getOwnPropertyDescriptor(fn, 'prototype')?.value as unknown;
  if (typeof prototype !== 'object' || prototype === null) return false;
  const keys = Reflect.ownKeys(prototype);
  const isGenerators = keys.length === 0 && Object.getPrototypeOf(prototype) !== Object.prototype;
  if (isGenerators) return false;
  return keys.length !== 1 || keys[0] !== 'constructor' || Object.getPrototypeOf(prototype) !== Object.prototype;
}

function warnOfAssignments(encoder: GraphEncoder, { source, variables }: Capture): void {
  const assigned = [...source.free.assigned].filter((name) => variables.has(name));
  if (assigned.length === 0 || encoder.options.isDefinition) return;
  const names = assigned.map((name) => `\`${name}\``).join(', ');
  encoder.warnings.push(`${encoder.path} assigns the captured ${names}: the change stays on the worker.`);
}

function superOf(fn: AnyFunction): unknown {
  return Object.getPrototypeOf(prototypeOf(fn)) === null ? null : Object.getPrototypeOf(fn);
}

function prototypeOf(fn: AnyFunction): object {
  return (fn as unknown as { readonly prototype: object }).prototype;
}
