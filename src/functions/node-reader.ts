/** Reads the bytes of a graph into records. */
import { createRequire } from 'node:module';
import type { FrameMemory } from '../values/frame.ts';
import { builtinAt } from './builtins.ts';
import type { ByteReader } from './bytes.ts';
import { FUNCTION, NODE, PROPERTY, PROTOTYPE, SLOT } from './format.ts';
import type { ModuleReference } from './imports.ts';
import type { ModuleRequest } from './modules.ts';
import type { Realm } from './realm.ts';
import { HOLE, type NodeRecord, NodeReference, type PropertyRecord } from './records.ts';

const USUAL = { how: PROTOTYPE.usual, slot: undefined } as const;

/** The modules that a graph needs; they stand at its beginning. */
export function readModules(reader: ByteReader): ModuleRequest[] {
  return times(reader.size(), () => ({ parent: reader.text(), specifier: reader.text(), type: reader.text() }));
}

/** How to treat what stands for something else. */
export interface ReadOptions {
  /** What stands behind the number of a handle. */
  readonly resolve?: ((handle: number) => unknown) | undefined;
  /** A module that is not loaded is no failure: what comes from it is undefined. */
  readonly isLenient?: boolean;
  /** Where buffers come from; by default they are private copies. */
  readonly memory?: FrameMemory | undefined;
}

/** Reads slots and nodes. References to modules, builtins and handles are resolved on the way. */
export class NodeReader {
  readonly #reader: ByteReader;
  readonly #realm: Realm;
  readonly #modules: readonly ModuleRequest[];
  readonly #options: ReadOptions;

  constructor(reader: ByteReader, realm: Realm, options: ReadOptions) {
    this.#reader = reader;
    this.#realm = realm;
    this.#modules = readModules(reader);
    this.#options = options;
  }

  slot(): unknown {
    const reader = this.#reader;
    const tag = reader.byte();
    switch (tag) {
      case SLOT.undefined:
        return undefined;
      case SLOT.null:
        return null;
      case SLOT.true:
        return true;
      case SLOT.false:
        return false;
      case SLOT.integer:
        return integerFrom(reader.count());
      case SLOT.float:
        return reader.float();
      case SLOT.text:
        return reader.text();
      case SLOT.bigint:
        return bigintFrom(reader.text());
      case SLOT.node:
        return new NodeReference(reader.count());
      default:
        return this.#namedSlot(tag);
    }
  }

  node(): NodeRecord {
    const reader = this.#reader;
    const kind = reader.byte();
    switch (kind) {
      case NODE.function:
        return this.#functionNode();
      case NODE.bound:
        return { ...bare(kind), contents: [this.slot(), this.slot(), ...this.#slots(reader.size())] };
      case NODE.reference:
        return { ...bare(kind), contents: [this.slot()] };
      case NODE.note:
        return { ...bare(kind), contents: [reader.text()] };
      case NODE.constructed:
        return {
          ...bare(kind),
          detail: reader.text(),
          contents: [times(reader.size(), () => reader.text()), this.slot()],
        };
      default:
        return this.#objectNode(kind);
    }
  }

  #objectNode(kind: number): NodeRecord {
    const how = this.#reader.byte();
    const needsSlot = how === PROTOTYPE.ofClass || how === PROTOTYPE.object;
    const prototype = { how, slot: needsSlot ? this.slot() : undefined };
    const detail = hasDetail(kind) ? this.#reader.count() : 0;
    const contents = this.#slots(this.#contentCount(kind));
    return { kind, prototype, detail, contents, properties: this.#properties(), code: undefined };
  }

  #contentCount(kind: number): number {
    switch (kind) {
      case NODE.array:
      case NODE.set:
        return this.#reader.size();
      case NODE.map:
        return this.#reader.size() * 2;
      case NODE.date:
      case NODE.boxed:
        return 1;
      case NODE.regexp:
        return 2;
      case NODE.error:
        return 4;
      case NODE.object:
      case NODE.buffer:
      case NODE.view:
        return 0;
      default:
        throw new RangeError(`no node is of kind ${kind}`);
    }
  }

  #functionNode(): NodeRecord {
    const reader = this.#reader;
    const flags = reader.byte();
    const [id, text, name, url] = [reader.text(), reader.text(), reader.text(), reader.text()];
    const [line, column] = [reader.count(), reader.count()];
    const extendsOther = (flags & FUNCTION.extends) !== 0;
    const superClass = extendsOther ? this.slot() : undefined;
    const superName = extendsOther ? reader.text() : '';
    const names: string[] = [];
    const contents = times(reader.size(), () => {
      names.push(reader.text());
      return this.slot();
    });
    const prototype = flags & FUNCTION.prototype ? this.slot() : undefined;
    const properties = this.#properties();
    const additions = flags & FUNCTION.class ? this.#properties() : [];
    const code = { flags, id, text, name, url, line, column, superName, superClass, names, prototype, additions };
    return { ...bare(NODE.function), contents, properties, code };
  }

  #slots(count: number): unknown[] {
    return times(count, () => this.slot());
  }

  #properties(): PropertyRecord[] {
    return times(this.#reader.size(), () => {
      const flags = this.#reader.byte();
      const key = this.slot();
      if (typeof key !== 'string' && typeof key !== 'symbol') throw new RangeError('a property without a key');
      const value = this.slot();
      return { key, flags, value, setter: flags & PROPERTY.accessor ? this.slot() : undefined };
    });
  }

  #namedSlot(tag: number): unknown {
    const reader = this.#reader;
    switch (tag) {
      case SLOT.builtin:
        return builtinAt(reader.text());
      case SLOT.module:
        return this.#moduleSlot();
      case SLOT.handle:
        return this.#handleSlot();
      case SLOT.registeredSymbol:
        return Symbol.for(reader.text());
      case SLOT.wellKnownSymbol:
        return (Symbol as unknown as Record<string, symbol>)[reader.text()];
      case SLOT.require:
        return createRequire(reader.text());
      case SLOT.hole:
        return HOLE;
      default:
        throw new RangeError(`no slot is of kind ${tag}`);
    }
  }

  #moduleSlot(): unknown {
    const request = this.#modules[this.#reader.count()];
    if (request === undefined) throw new RangeError('a module that is not in the list');
    const reference = { ...request, name: this.#reader.text(), property: this.#reader.text() };
    const value = this.#resolve(reference);
    if (typeof value === 'function' || (typeof value === 'object' && value !== null)) {
      this.#realm.references.set(value, reference);
    }
    return value;
  }

  #resolve(reference: ModuleReference): unknown {
    try {
      return this.#realm.modules.resolve(reference);
    } catch (error) {
      if (this.#options.isLenient) return undefined;
      throw error;
    }
  }

  #handleSlot(): unknown {
    const handle = this.#reader.count();
    const { resolve } = this.#options;
    if (resolve === undefined) throw new RangeError('a future where none can be resolved');
    return resolve(handle);
  }
}

function bare(kind: number): NodeRecord {
  return { kind, prototype: USUAL, detail: 0, contents: [], properties: [], code: undefined };
}

function hasDetail(kind: number): boolean {
  return kind === NODE.array || kind === NODE.buffer || kind === NODE.view;
}

function integerFrom(count: number): number {
  return count % 2 === 0 ? count / 2 : -(count - 1) / 2;
}

function bigintFrom(hex: string): bigint {
  return hex.startsWith('-') ? -BigInt(`0x${hex.slice(1)}`) : BigInt(`0x${hex}`);
}

function times<Element>(count: number, make: () => Element): Element[] {
  const made: Element[] = [];
  for (let i = 0; i < count; i++) made.push(make());
  return made;
}
