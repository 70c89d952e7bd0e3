/** Writes what stands where a value is expected: primitives at once, objects as references. */
import { ByteWriter } from './bytes.ts';
import { SLOT } from './format.ts';
import type { ModuleReference } from './imports.ts';
import type { Relation, Step } from './path.ts';
import { Unsendable } from './unsendable.ts';

/** The part of an encoder that writes slots. Which objects become nodes is for the whole encoder to say. */
export abstract class SlotWriter {
  readonly writer = new ByteWriter();
  /** The modules that are referred to, as JSON of their request, by their number. */
  protected readonly modules = new Map<string, number>();

  /** What cannot travel is replaced by a note instead of failing. */
  protected abstract readonly isLenient: boolean;
  protected abstract writeObjectSlot(value: object, step: Step): void;

  /** Writes a value where it is held; an object is queued to become a node. `relation` and `key` say how it is held. */
  slot(value: unknown, relation: Relation, key: unknown): void {
    const { writer } = this;
    switch (typeof value) {
      case 'undefined':
        return writer.byte(SLOT.undefined);
      case 'boolean':
        return writer.byte(value ? SLOT.true : SLOT.false);
      case 'number':
        return this.#numberSlot(value);
      case 'string':
        writer.byte(SLOT.text);
        return writer.text(value);
      case 'bigint':
        writer.byte(SLOT.bigint);
        return writer.text(value.toString(16));
      case 'symbol':
        return this.#symbolSlot(value, { relation, key });
      default:
        return value === null ? writer.byte(SLOT.null) : this.writeObjectSlot(value as object, { relation, key });
    }
  }

  /** Writes a reference to something that a module exports. */
  moduleSlot({ parent, specifier, type, name, property }: ModuleReference): void {
    const key = JSON.stringify([parent, specifier, type]);
    const number = this.modules.get(key) ?? this.modules.size;
    this.modules.set(key, number);
    this.writer.byte(SLOT.module);
    this.writer.count(number);
    this.writer.text(name);
    this.writer.text(property);
  }

  /** What stands in a slot cannot travel. */
  protected refuseSlot(step: Step, problem: string): void {
    if (!this.isLenient) throw new RefusedSlot(step, problem);
    this.writer.byte(SLOT.text);
    this.writer.text(`[not sent: it ${problem}]`);
  }

  #numberSlot(value: number): void {
    const isInteger = Number.isSafeInteger(value) && Math.abs(value) < 2 ** 50 && !Object.is(value, -0);
    this.writer.byte(isInteger ? SLOT.integer : SLOT.float);
    if (isInteger) this.writer.count(Math.abs(value) * 2 + (value < 0 ? 1 : 0));
    else this.writer.float(value);
  }

  #symbolSlot(value: symbol, step: Step): void {
    const registered = Symbol.keyFor(value);
    const known = wellKnownName(value);
    if (registered === undefined && known === undefined) {
      return this.refuseSlot(step, `is a unique symbol (${String(value)})`);
    }
    this.writer.byte(registered === undefined ? SLOT.wellKnownSymbol : SLOT.registeredSymbol);
    this.writer.text(registered ?? known!);
  }
}

/** What stands in a slot cannot travel; `step` says where in its owner that is. */
export class RefusedSlot extends Unsendable {
  readonly step: Step;

  constructor(step: Step, problem: string) {
    super(problem);
    this.step = step;
  }
}

function wellKnownName(symbol: symbol): string | undefined {
  const name = symbol.description?.replace(/^Symbol\./, '') ?? '';
  return (Symbol as unknown as Record<string, unknown>)[name] === symbol ? name : undefined;
}
