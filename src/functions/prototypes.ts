/** Which prototypes are the usual ones, and which belong to a class? */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import type { Class } from './realm.ts';

/** True if an object has the prototype that its kind is born with. */
export function isUsualPrototype(prototype: object, value: object): boolean {
  if (ArrayBuffer.isView(value)) return usualOfView(value) === prototype;
  return usualOf(value) === prototype;
}

/** The class whose `prototype` this is; undefined if it is just an object. */
export function constructorOf(prototype: object): Class | undefined {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof type === 'function' && type.prototype === prototype ? (type as unknown as Class) : undefined;
}

/** Every class along the prototype chain of an object, from its own class upwards. */
export function* classesOf(value: object): Generator<Class> {
  for (let at = Object.getPrototypeOf(value) as object | null; at !== null; at = Object.getPrototypeOf(at)) {
    const type = constructorOf(at);
    if (type !== undefined) yield type;
  }
}

function usualOf(value: object): object {
  if (Array.isArray(value)) return Array.prototype;
  if (types.isNativeError(value)) return Error.prototype;
  if (types.isMap(value)) return Map.prototype;
  if (types.isSet(value)) return Set.prototype;
  if (types.isDate(value)) return Date.prototype;
  if (types.isRegExp(value)) return RegExp.prototype;
  if (types.isSharedArrayBuffer(value)) return SharedArrayBuffer.prototype;
  if (types.isArrayBuffer(value)) return ArrayBuffer.prototype;
  if (types.isBoxedPrimitive(value)) return Object.getPrototypeOf(Object(value.valueOf())) as object;
  return Object.prototype;
}

function usualOfView(view: ArrayBufferView): object {
  if (Buffer.isBuffer(view)) return Buffer.prototype;
  if (types.isDataView(view)) return DataView.prototype;
  const name = (view as Uint8Array)[Symbol.toStringTag];
  return (globalThis as unknown as Record<string, { readonly prototype: object }>)[name]!.prototype;
}
