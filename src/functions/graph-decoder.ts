/**
 * Makes a graph again. Objects are made empty when something first refers to them and are filled afterwards, so that
 * cycles close. Only a class must have its surroundings at once: what they are built from is filled before it.
 */
import type { Frame } from '../values/frame.ts';
import { readFrame } from '../values/frame.ts';
import { ByteReader } from './bytes.ts';
import { type CompiledCode, compile } from './compile.ts';
import { noteCopied } from './exports.ts';
import { FUNCTION, NODE, PROPERTY, PROTOTYPE } from './format.ts';
import type { ModuleRequest } from './modules.ts';
import { NodeReader, type ReadOptions, readModules } from './node-reader.ts';
import type { Class, Realm } from './realm.ts';
import { type CodeRecord, HOLE, type NodeRecord, NodeReference, type PropertyRecord } from './records.ts';
import { makeShell } from './shells.ts';

/** The modules that must be loaded before these bytes are decoded. */
export function graphModules(bytes: Uint8Array): readonly ModuleRequest[] {
  return readModules(new ByteReader(readFrame(bytes).head));
}

/** Decodes what `encodeGraph` made. */
export function decodeGraph(realm: Realm, bytes: Uint8Array, options: ReadOptions): unknown {
  const frame = readFrame(bytes, options.memory);
  const reader = new ByteReader(frame.head);
  const nodes = new NodeReader(reader, realm, options);
  const count = reader.size();
  const root = nodes.slot();
  const records: NodeRecord[] = [];
  while (records.length < count) records.push(nodes.node());
  if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes behind the last node`);
  return new GraphDecoder(realm, frame, records).decode(root);
}

/** What waits for classes is filled in the first rounds. What is left then waits for itself, which the encoder writes nowhere. */
const MOST_ROUNDS = 10;

/** Thrown while a class is being evaluated, by whatever needs that class first. */
class NotYet extends Error {}

class GraphDecoder {
  readonly #realm: Realm;
  readonly #frame: Frame;
  readonly #records: readonly NodeRecord[];
  readonly #made: unknown[] = [];
  readonly #compiled = new Map<number, CompiledCode>();
  readonly #inProgress = new Set<number>();
  #unfilled: number[] = [];

  constructor(realm: Realm, frame: Frame, records: readonly NodeRecord[]) {
    this.#realm = realm;
    this.#frame = frame;
    this.#records = records;
  }

  decode(root: unknown): unknown {
    const value = this.#resolve(root);
    for (let round = 0; this.#unfilled.length > 0; round++) {
      if (round === MOST_ROUNDS)
        throw new RangeError(`${this.#unfilled.length} nodes cannot be made before themselves`);
      this.#fillAll();
    }
    return value;
  }

  #resolve(slot: unknown): unknown {
    if (!(slot instanceof NodeReference)) return slot;
    const { number } = slot;
    return number in this.#made ? this.#made[number] : this.#make(number);
  }

  #make(number: number): unknown {
    const record = this.#records[number];
    if (record === undefined) throw new RangeError(`no node ${number} in a graph of ${this.#records.length}`);
    if (this.#inProgress.has(number)) throw new NotYet();
    this.#inProgress.add(number);
    try {
      const made = this.#makeKind(number, record);
      this.#made[number] = made;
      return made;
    } finally {
      this.#inProgress.delete(number);
    }
  }

  #makeKind(number: number, record: NodeRecord): unknown {
    if (record.kind === NODE.note) return record.contents[0];
    if (record.kind === NODE.reference) return this.#resolve(record.contents[0]);
    if (record.kind === NODE.bound) return this.#makeBound(record);
    if (record.code !== undefined) return this.#makeFunction(number, record);
    const prototype = this.#prototypeOf(record);
    const shell = makeShell(record, this.#frame);
    if (prototype !== undefined) Object.setPrototypeOf(shell, prototype);
    else if (record.prototype.how !== PROTOTYPE.usual) this.#fillDetails(shell, ['name'], record.contents.slice(3));
    this.#unfilled.push(number);
    return shell;
  }

  /** The prototype to set; undefined for the usual one, also for an error whose class could not be sent. */
  #prototypeOf({ kind, prototype: { how, slot } }: NodeRecord): object | null | undefined {
    if (how === PROTOTYPE.usual || (how === PROTOTYPE.null && kind === NODE.error)) return undefined;
    if (how === PROTOTYPE.null) return null;
    const value = this.#resolve(slot);
    if (how === PROTOTYPE.object) return typeof value === 'object' ? value : undefined;
    return typeof value === 'function' ? ((value as unknown as Class).prototype as object) : undefined;
  }

  #makeBound({ contents }: NodeRecord): unknown {
    const [target, ...rest] = contents.map((slot) => this.#resolve(slot));
    if (typeof target !== 'function') throw new RangeError('a bound function without a function');
    return Function.prototype.bind.apply(target as () => void, rest as [unknown]);
  }

  #makeFunction(number: number, record: NodeRecord): object {
    const code = record.code!;
    const known = code.id === '' ? undefined : this.#realm.classOf(code.id);
    if (known !== undefined) return known;
    if (code.url !== '') noteCopied(code.url);
    const compiled = compile(code);
    const isClass = (code.flags & FUNCTION.class) !== 0;
    if (isClass) this.#prepareClass(record, compiled);
    const fn = compiled.evaluate() as Class;
    if (fn.name !== code.name) Object.defineProperty(fn, 'name', { value: code.name, configurable: true });
    if (code.id !== '') {
      this.#realm.remember(fn, code.id);
      this.#realm.fixId(fn, code.id);
    }
    if (code.flags & FUNCTION.prototype) Reflect.set(fn, 'prototype', this.#resolve(code.prototype));
    this.#compiled.set(number, compiled);
    this.#realm.decoded.set(fn, { ...placeOf(code), names: code.names, getVariables: compiled.getVariables });
    this.#unfilled.push(number);
    return fn;
  }

  /** Sets the variables of a class as far as they exist, and fills them: its text is about to run. */
  #prepareClass({ contents, code }: NodeRecord, compiled: CompiledCode): void {
    const values = [...contents, code!.superClass].map((slot) => this.#resolveIfMade(slot));
    this.#fillAll();
    compiled.setVariables(...values);
  }

  #resolveIfMade(slot: unknown): unknown {
    try {
      return this.#resolve(slot);
    } catch (error) {
      if (error instanceof NotYet) return undefined; // set once more when the class is filled
      throw error;
    }
  }

  /** Fills all that was made, and what gets made by that. What needs a class in progress stays for later. */
  #fillAll(): void {
    const later: number[] = [];
    for (let number = this.#unfilled.pop(); number !== undefined; number = this.#unfilled.pop()) {
      try {
        this.#fill(number);
      } catch (error) {
        if (!(error instanceof NotYet)) throw error;
        later.push(number);
      }
    }
    this.#unfilled = later;
  }

  /** May run again if it was interrupted by `NotYet`. */
  #fill(number: number): void {
    const record = this.#records[number]!;
    const object = this.#made[number] as object;
    const { code } = record;
    if (code === undefined) this.#fillContents(object, record);
    else {
      const slots = code.superName === '' ? record.contents : [...record.contents, code.superClass];
      this.#compiled.get(number)!.setVariables(...slots.map((slot) => this.#resolve(slot)));
      for (const property of code.additions) this.#define((object as Class).prototype as object, property);
    }
    for (const property of record.properties) this.#define(object, property);
  }

  #fillContents(object: object, { kind, contents }: NodeRecord): void {
    if (kind === NODE.map) {
      for (let i = 0; i < contents.length; i += 2) {
        Map.prototype.set.call(object, this.#resolve(contents[i]), this.#resolve(contents[i + 1]));
      }
    } else if (kind === NODE.set) {
      for (const member of contents) Set.prototype.add.call(object, this.#resolve(member));
    } else if (kind === NODE.array) {
      contents.forEach((element, i) => {
        if (element !== HOLE) (object as unknown[])[i] = this.#resolve(element);
      });
    } else if (kind === NODE.error) {
      this.#fillDetails(object, ['message', 'stack', 'cause'], contents);
    } else if (kind === NODE.constructed && contents[1] !== undefined) {
      this.#fillDetails(object, ['stack'], contents.slice(1));
    }
  }

  #fillDetails(error: object, keys: readonly string[], values: readonly unknown[]): void {
    keys.forEach((key, i) => {
      if (values[i] === undefined || values[i] === HOLE) return;
      const value = this.#resolve(values[i]);
      Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
    });
  }

  #define(owner: object, { key, flags, value, setter }: PropertyRecord): void {
    const enumerable = (flags & PROPERTY.enumerable) !== 0;
    const configurable = (flags & PROPERTY.configurable) !== 0;
    const resolved = this.#resolve(value);
    if (flags & PROPERTY.accessor) {
      const get = resolved as () => unknown;
      const set = this.#resolve(setter) as (value: unknown) => void;
      Object.defineProperty(owner, key, { get, set, enumerable, configurable });
    } else {
      const writable = (flags & PROPERTY.writable) !== 0;
      Object.defineProperty(owner, key, { value: resolved, writable, enumerable, configurable });
    }
  }
}

function placeOf({ url, line, column }: CodeRecord): { url: string; line: number; column: number } {
  return { url, line, column };
}
