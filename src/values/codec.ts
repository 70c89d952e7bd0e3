import { hash } from 'node:crypto';
import { type ErrorCode, RolecallError } from '../errors.ts';
import { Capturer } from '../functions/capture.ts';
import { ClosedFunctions } from '../functions/closed-functions.ts';
import { decodeGraph, graphModules } from '../functions/graph-decoder.ts';
import { type EncodedGraph, encodeGraph, type GraphOptions } from '../functions/graph-encoder.ts';
import type { ReadOptions } from '../functions/node-reader.ts';
import { Realm } from '../functions/realm.ts';
import type { Allocate } from './frame.ts';
import { decodeFramedPlain, decodePlain, encodePlain } from './plain.ts';
import { primitiveLength, primitiveRoom, readPrimitive, writePrimitive } from './primitive.ts';
import { type Mapped, withReferenced } from './referenced.ts';
import { isPlain } from './survey.ts';
import { TAG } from './tags.ts';

/** What is being encoded, and how the things in it that stand for something else are to be treated. */
export interface EncodeOptions {
  /** For error texts: "argument 2 of task `step`", "the result of task `step`", "task function". */
  readonly what: string;
  /** The code of the error that is thrown if something in the value cannot travel. */
  readonly code: ErrorCode;
  /** The number that stands for a handle (an object branded with `HANDLE`); without it a handle is refused. */
  readonly handle?: (object: object) => number;
  /** Where memory for what is not a primitive comes from. @default a new ArrayBuffer */
  readonly allocate?: Allocate | undefined;
}

/** How the receiver puts back what a number stands for. */
export interface DecodeOptions {
  /** What stands behind the number of a handle. Without it a value with handles cannot be decoded. */
  readonly resolve?: (handle: number) => unknown;
}

/** A function, ready to be sent once and called many times. */
export interface EncodedFunction {
  /** Of `bytes`: the same for the same source with equal captured values. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** The function's own name, or "(anonymous)". */
  readonly name: string;
  /** What the user should know, in whole sentences: assigned variables, large captured values. */
  readonly warnings: readonly string[];
}

export interface ValueCodecOptions {
  /** Told of each buffer that a decoded value has in shared memory: unmapping it detaches the views on it. */
  readonly mapped?: Mapped;
}

/**
 * Turns the values of one realm (one JavaScript heap: the client's, or that of one worker thread) into bytes and back.
 * It remembers the classes that came and went, so that an instance which returns is an instance of the class it left as.
 */
export class ValueCodec {
  readonly #mapped: Mapped;
  readonly #realm = new Realm();
  readonly #closedFunctions = new ClosedFunctions<EncodedFunction>(this.#realm);
  #room = new Uint8Array(256);
  #moment: Capturer | undefined;

  constructor(options: ValueCodecOptions = {}) {
    this.#mapped = options.mapped ?? (() => {});
  }

  /**
   * Encodes a value as one contiguous byte string that shares nothing with it.
   * @throws {RolecallError} with `options.code`, naming the path to what cannot travel.
   */
  encode(value: unknown, options: EncodeOptions): Uint8Array {
    const room = primitiveRoom(value);
    if (room > 0) {
      if (room > this.#room.length) this.#room = new Uint8Array(room);
      const end = writePrimitive(this.#room, 0, value);
      if (end > 0) return this.#room.slice(0, end);
    }
    return this.encodeObject(value, options);
  }

  /** Encodes what is not a primitive, for callers that have looked already. */
  encodeObject(value: unknown, options: EncodeOptions): Uint8Array {
    try {
      const arrayBuffers: ArrayBuffer[] = [];
      if (isPlain(value, arrayBuffers)) return encodePlain(value, arrayBuffers, options.allocate ?? onHeap);
    } catch {
      // A proxy, a getter that throws, something that only looks plain: the graph encoder names it, or can send it.
    }
    return this.#encodeGraph(value, options).bytes;
  }

  /**
   * Encodes many values as of one moment: what their functions and classes capture is read once for all of them.
   * An instance of a user's class then costs microseconds instead of a tenth of a millisecond. `encodeAll` must be
   * synchronous and run nothing of the user's that may change what is captured.
   */
  atOneMoment<Result>(encodeAll: () => Result): Result {
    if (this.#moment !== undefined) return encodeAll();
    using moment = new Capturer(this.#realm);
    this.#moment = moment;
    try {
      return encodeAll();
    } finally {
      this.#moment = undefined;
    }
  }

  /**
   * Decodes a value: fresh objects every time, buffers as private copies. `bytes` may be shared memory. Large buffers of a value
   * behind a reference are that memory itself; what is written to them is seen here alone.
   * If `prepare` returned a promise for them, it must have resolved.
   * @throws {RolecallError} ERR_FRAME if the bytes are not an encoded value, ERR_SHARED_MEMORY if what they refer to is gone.
   */
  decode(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
    return this.#decode(bytes, options);
  }

  /**
   * Loads the modules that decoding these bytes needs. Returns undefined if there are none to load, so that the
   * usual value costs no promise.
   */
  prepare(bytes: Uint8Array): Promise<void> | undefined {
    if (bytes[0] === TAG.reference)
      return withReferenced(
        bytes,
        () => {},
        (inner) => this.prepare(inner),
      );
    if (bytes[0] !== TAG.graph) return undefined;
    try {
      return this.#realm.modules.load(graphModules(bytes));
    } catch (error) {
      throw rubbish('their list of modules cannot be read', error);
    }
  }

  /**
   * Encodes a function together with everything it captures, as it is at this moment.
   * @throws {RolecallError} ERR_NOT_A_FUNCTION, or ERR_UNSERIALISABLE_FUNCTION with the path to what cannot travel.
   */
  encodeFunction(fn: unknown): EncodedFunction {
    if (typeof fn !== 'function') {
      throw new RolecallError('ERR_NOT_A_FUNCTION', `cannot send a task: expected a function, got ${describe(fn)}`);
    }
    const known = this.#closedFunctions.get(fn);
    if (known !== undefined) return known;
    const options = { what: 'task function', code: 'ERR_UNSERIALISABLE_FUNCTION', isFunction: true } as const;
    const { bytes, warnings } = this.#encodeGraph(fn, options);
    const name = fn.name === '' ? '(anonymous)' : fn.name;
    const encoded = { hash: hash('sha256', bytes, 'hex').slice(0, 32), bytes, name, warnings };
    this.#closedFunctions.remember(fn, encoded);
    return encoded;
  }

  /** Encodes anything that was thrown. Never throws: what of it cannot travel is replaced by a text that says so. */
  encodeError(error: unknown): Uint8Array {
    const options = { what: 'an error', code: 'ERR_UNSERIALISABLE_RESULT' } as const;
    try {
      if (primitiveRoom(error) > 0) return this.encode(error, options);
      return this.#encodeGraph(error, { ...options, isLenient: true }).bytes;
    } catch (failure) {
      return this.encode(`an error that could not be sent: ${describe(failure)}`, options);
    }
  }

  /**
   * Decodes what `encodeError` made. Never throws: an error that cannot be decoded is replaced by one that says so.
   * An error whose class a module exports is an `Error` with its name, unless `prepare` loaded the module before.
   */
  decodeError(bytes: Uint8Array): unknown {
    try {
      return this.#decode(bytes, { isLenient: true });
    } catch (cause) {
      return new RolecallError('ERR_FRAME', 'cannot decode the error of a task', { cause });
    }
  }

  #encodeGraph(
    value: unknown,
    options: Omit<GraphOptions, 'allocate'> & Pick<EncodeOptions, 'allocate'>,
  ): EncodedGraph {
    const all = { ...options, allocate: options.allocate ?? onHeap };
    if (this.#moment !== undefined) return encodeGraph(this.#moment, value, all);
    using capturer = new Capturer(this.#realm);
    return encodeGraph(capturer, value, all);
  }

  #decode(bytes: Uint8Array, options: ReadOptions): unknown {
    const tag = bytes[0];
    if (tag !== undefined && tag <= TAG.utf8) {
      const length = primitiveLength(tag);
      if (length > 0 && length !== bytes.length) throw rubbish(`${bytes.length} bytes for a value of ${length}`);
      return readPrimitive(bytes, tag);
    }
    try {
      return this.#decodeObject(tag, bytes, options);
    } catch (error) {
      throw error instanceof RolecallError ? error : rubbish('they cannot be decoded', error);
    }
  }

  #decodeObject(tag: number | undefined, bytes: Uint8Array, options: ReadOptions): unknown {
    if (tag === TAG.plain) return decodePlain(bytes);
    if (tag === TAG.framedPlain) return decodeFramedPlain(bytes, options.memory);
    if (tag === TAG.graph) return decodeGraph(this.#realm, bytes, options);
    if (tag === TAG.reference && options.memory === undefined) {
      return withReferenced(bytes, this.#mapped, (inner, memory) => this.#decode(inner, { ...options, memory }));
    }
    throw rubbish(tag === undefined ? 'there are none' : `no value begins with ${tag}`);
  }
}

function onHeap(bytes: number): ArrayBuffer {
  return new ArrayBuffer(bytes);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? `an object of class ${value.constructor?.name ?? 'null'}` : `${typeof value}`;
}

function rubbish(why: string, cause?: unknown): RolecallError {
  return new RolecallError('ERR_FRAME', `cannot decode a value from these bytes: ${why}`, { cause });
}
