/** Writes the nodes of objects: what they are, whose instances they are, what they hold. */
import { types } from 'node:util';
import { NODE, PROTOTYPE, SLOT } from './format.ts';
import type { GraphEncoder } from './graph-encoder.ts';
import { isTextual, refuseLive } from './liveness.ts';
import { writeNamedProperties, writeProperties } from './properties.ts';
import { classesOf, constructorOf, isUsualPrototype } from './prototypes.ts';

/** Longer arrays are written without the elements that they do not have, at the price of keys. */
const LONGEST_HOLED_ARRAY = 1e6;

const ERROR_KEYS: ReadonlySet<PropertyKey> = new Set(['message', 'stack', 'cause']);

/** @throws {Unsendable} if the object is bound to this process. */
export function writeObject(encoder: GraphEncoder, value: object): void {
  refuseLive(encoder, value);
  if (Array.isArray(value)) return writeArray(encoder, value);
  if (types.isNativeError(value)) return writeError(encoder, value);
  if (types.isMap(value)) return writeMap(encoder, value);
  if (types.isSet(value)) return writeSet(encoder, value);
  if (ArrayBuffer.isView(value)) return writeView(encoder, value);
  if (types.isAnyArrayBuffer(value)) return writeBuffer(encoder, value);
  if (types.isDate(value)) return writeLeaf(encoder, value, NODE.date, [value.getTime()]);
  if (types.isRegExp(value)) return writeLeaf(encoder, value, NODE.regexp, [value.source, value.flags]);
  if (types.isBoxedPrimitive(value)) return writeLeaf(encoder, value, NODE.boxed, [value.valueOf()]);
  if (isTextual(value)) return writeConstructed(encoder, value.constructor.name, [value.toString()]);
  encoder.writer.byte(NODE.object);
  writePrototype(encoder, value);
  writeProperties(encoder, value);
}

function writeArray(encoder: GraphEncoder, array: readonly unknown[]): void {
  const { writer } = encoder;
  const { length } = array;
  const isSparse = length > LONGEST_HOLED_ARRAY && Object.keys(array).length < length / 2;
  writer.byte(NODE.array);
  writePrototype(encoder, array);
  writer.count(length);
  writer.count(isSparse ? 0 : length);
  if (isSparse) return writeProperties(encoder, array, new Set(['length']));
  for (let i = 0; i < length; i++) {
    if (i in array) encoder.slot(array[i], 'property', i);
    else writer.byte(SLOT.hole);
  }
  writeNamedProperties(encoder, array);
}

function writeError(encoder: GraphEncoder, error: Error): void {
  if (error instanceof DOMException) {
    return writeConstructed(encoder, 'DOMException', [error.message, error.name], error.stack);
  }
  encoder.writer.byte(NODE.error);
  writePrototype(encoder, error);
  for (const key of ['message', 'stack', 'cause'] as const) {
    if (!Object.hasOwn(error, key)) encoder.writer.byte(SLOT.hole);
    else encoder.slot(error[key], 'property', key);
  }
  encoder.slot(nameOf(error), 'property', 'name');
  writeProperties(encoder, error, ERROR_KEYS);
}

/** An error that cannot travel as what it is: its name, message and stack still can. */
export function writeBareError(encoder: GraphEncoder, error: Error): void {
  const { writer } = encoder;
  writer.byte(NODE.error);
  writer.byte(PROTOTYPE.null); // the decoder takes this for a class that could not be sent
  encoder.slot(String(error.message), 'property', 'message');
  encoder.slot(String(error.stack), 'property', 'stack');
  writer.byte(SLOT.hole);
  encoder.slot(nameOf(error), 'property', 'name');
  writer.count(0);
}

function nameOf({ name }: Error): string {
  return typeof name === 'string' ? name : 'Error';
}

function writeMap(encoder: GraphEncoder, map: ReadonlyMap<unknown, unknown>): void {
  encoder.writer.byte(NODE.map);
  writePrototype(encoder, map);
  encoder.writer.count(map.size);
  for (const [key, value] of Map.prototype.entries.call(map)) {
    encoder.slot(key, 'member', '');
    encoder.slot(value, 'entry', key);
  }
  writeProperties(encoder, map);
}

function writeSet(encoder: GraphEncoder, set: ReadonlySet<unknown>): void {
  encoder.writer.byte(NODE.set);
  writePrototype(encoder, set);
  encoder.writer.count(set.size);
  for (const member of Set.prototype.values.call(set)) encoder.slot(member, 'member', '');
  writeProperties(encoder, set);
}

function writeView(encoder: GraphEncoder, view: ArrayBufferView): void {
  encoder.writer.byte(NODE.view);
  writePrototype(encoder, view);
  encoder.writer.count(encoder.buffers.addView(view));
  encoder.addSize(view.byteLength);
  writeNamedProperties(encoder, view);
}

function writeBuffer(encoder: GraphEncoder, buffer: ArrayBufferLike): void {
  encoder.writer.byte(NODE.buffer);
  writePrototype(encoder, buffer);
  encoder.writer.count(encoder.buffers.addBuffer(buffer));
  encoder.addSize(buffer.byteLength);
  writeProperties(encoder, buffer);
}

/** An object around one or two primitives. */
function writeLeaf(encoder: GraphEncoder, value: object, kind: number, contents: readonly unknown[]): void {
  encoder.writer.byte(kind);
  writePrototype(encoder, value);
  for (const content of contents) encoder.slot(content, 'part', 'valueOf()');
  writeNamedProperties(encoder, value);
}

function writeConstructed(encoder: GraphEncoder, type: string, texts: readonly string[], stack?: string): void {
  encoder.writer.byte(NODE.constructed);
  encoder.writer.text(type);
  encoder.writer.count(texts.length);
  for (const text of texts) encoder.writer.text(text);
  encoder.slot(stack, 'property', 'stack');
}

function writePrototype(encoder: GraphEncoder, value: object): void {
  const { writer } = encoder;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return writer.byte(PROTOTYPE.null);
  if (isUsualPrototype(prototype, value)) return writer.byte(PROTOTYPE.usual);
  // Node puts nameless prototypes between its errors and their class.
  const [type] = types.isNativeError(value) ? classesOf(value) : [constructorOf(prototype)];
  writer.byte(type === undefined ? PROTOTYPE.object : PROTOTYPE.ofClass);
  if (type === undefined) encoder.slot(prototype, 'part', '__proto__');
  else encoder.slot(type, 'part', 'constructor');
}
