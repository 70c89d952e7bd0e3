/** Writes a graph of functions, class instances, errors and whatever they hold (see format.ts). */
import { hash } from 'node:crypto';
import { types } from 'node:util';
import { type ErrorCode, RolecallError } from '../errors.ts';
import { BufferTable } from '../values/buffer-table.ts';
import { type Allocate, writeFrame } from '../values/frame.ts';
import { isHandle } from '../values/handle.ts';
import { TAG } from '../values/tags.ts';
import { builtinPath } from './builtins.ts';
import { ByteWriter } from './bytes.ts';
import type { Capturer } from './capture.ts';
import { NODE, SLOT } from './format.ts';
import { writeFunction } from './function-nodes.ts';
import { writeBareError, writeObject } from './object-nodes.ts';
import { pathText, type Step } from './path.ts';
import type { Class, Realm } from './realm.ts';
import { sizeWarning } from './sizes.ts';
import { RefusedSlot, SlotWriter } from './slots.ts';
import { taskReference } from './task.ts';
import { Unsendable } from './unsendable.ts';

/** How a graph is to be written. */
export interface GraphOptions {
  readonly what: string;
  readonly code: ErrorCode;
  readonly allocate: Allocate;
  readonly handle?: (object: object) => number;
  /** What cannot travel is replaced by a note instead of failing. */
  readonly isLenient?: boolean;
  /** Write what defines a class, and nothing that may change while it stays the same class. */
  readonly isDefinition?: boolean;
  /** The user is told if it is large. */
  readonly isFunction?: boolean;
}

/** A graph, and what the user should know about it. */
export interface EncodedGraph {
  readonly bytes: Uint8Array;
  readonly warnings: readonly string[];
}

/** Encodes a value as a graph. @throws {RolecallError} with `options.code` and the path to what cannot travel. */
export function encodeGraph(capturer: Capturer, root: unknown, options: GraphOptions): EncodedGraph {
  const encoder = new GraphEncoder(capturer, options);
  const head = encoder.encode(root);
  const warnings = [...encoder.warnings, ...(options.isFunction ? sizeWarning(encoder) : [])];
  return { bytes: writeFrame(TAG.graph, head, encoder.buffers, options.allocate), warnings };
}

/** One graph while it is being written. The writers of the single kinds of nodes call back into it. */
export class GraphEncoder extends SlotWriter {
  readonly realm: Realm;
  readonly capturer: Capturer;
  readonly options: GraphOptions;
  readonly buffers = new BufferTable();
  readonly warnings: string[] = [];
  /** Per node: the bytes that it takes, without those of the nodes below it. */
  readonly sizes: number[] = [];
  /** Per node: the node it was found from; -1 for the root. */
  readonly parents: number[] = [];
  readonly #objects: object[] = [];
  readonly #steps: Step[] = [];
  readonly #numbers = new Map<object, number>();
  #current = -1;

  constructor(capturer: Capturer, options: GraphOptions) {
    super();
    this.realm = capturer.realm;
    this.capturer = capturer;
    this.options = options;
  }

  protected override get isLenient(): boolean {
    return this.options.isLenient === true;
  }

  /** The head of the frame. */
  encode(root: unknown): Uint8Array {
    this.#guarded(() => this.slot(root, 'part', ''));
    for (this.#current = 0; this.#current < this.#objects.length; this.#current++) this.#writeNode();
    const head = new ByteWriter();
    head.count(this.modules.size);
    for (const key of this.modules.keys()) for (const text of JSON.parse(key) as string[]) head.text(text);
    head.count(this.#objects.length);
    head.raw(this.writer.view());
    return head.view();
  }

  /** Counts bytes that lie in a buffer for the node that is being written. */
  addSize(bytes: number): void {
    this.sizes[this.#current] = (this.sizes[this.#current] ?? 0) + bytes;
  }

  /** A hash of what defines a class: equal for the same class as long as its captured values are equal. */
  definitionOf(type: Class): string {
    const { what, code, allocate } = this.options;
    const options = { what, code, allocate, isLenient: true, isDefinition: true };
    const encoder = new GraphEncoder(this.capturer, options);
    const head = encoder.encode(type);
    const frame = writeFrame(TAG.graph, head, encoder.buffers, (bytes) => new ArrayBuffer(bytes));
    return hash('sha256', frame, 'hex').slice(0, 24);
  }

  /** The path to a node, as error texts show it. */
  pathTo(node: number, more: readonly Step[] = []): string {
    const steps = [...more];
    let at = node;
    for (; at > 0; at = this.parents[at]!) steps.unshift(this.#steps[at]!);
    const root = this.#objects[0];
    return pathText(typeof root === 'function' ? root.name : undefined, steps);
  }

  /** The path to the node that is being written. */
  get path(): string {
    return this.pathTo(this.#current);
  }

  #writeNode(): void {
    const start = this.writer.length;
    const object = this.#objects[this.#current]!;
    try {
      if (typeof object === 'function') writeFunction(this, object);
      else writeObject(this, object);
    } catch (error) {
      if (!this.options.isLenient) throw this.#refusal(error);
      this.writer.truncate(start);
      this.#writeSubstitute(object, error);
    }
    this.addSize(this.writer.length - start);
  }

  protected override writeObjectSlot(value: object, step: Step): void {
    const { writer } = this;
    const number = this.#numbers.get(value);
    if (number !== undefined) {
      writer.byte(SLOT.node);
      return writer.count(number);
    }
    if (isHandle(value)) return this.#handleSlot(value, step);
    const builtin = builtinPath(value);
    if (builtin !== undefined) {
      writer.byte(SLOT.builtin);
      return writer.text(builtin);
    }
    const reference = this.realm.references.get(value) ?? taskReference(value);
    if (reference !== undefined) return this.moduleSlot(reference);
    writer.byte(SLOT.node);
    writer.count(this.#add(value, step));
  }

  #handleSlot(value: object, step: Step): void {
    const { handle } = this.options;
    if (handle === undefined) return this.refuseSlot(step, 'is a Future; pass it as an argument');
    this.writer.byte(SLOT.handle);
    this.writer.count(handle(value));
  }

  #add(value: object, step: Step): number {
    this.#numbers.set(value, this.#objects.length);
    this.parents.push(this.#current);
    this.#steps.push(step);
    return this.#objects.push(value) - 1;
  }

  #writeSubstitute(object: object, error: unknown): void {
    if (types.isNativeError(object)) return writeBareError(this, object);
    this.writer.byte(NODE.note);
    this.writer.text(`[not sent: it ${problemOf(error)}]`);
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  #refusal(error: unknown): unknown {
    if (error instanceof RolecallError) return error;
    const { what, code } = this.options;
    const steps: Step[] = [];
    if (error instanceof RefusedSlot && error.step.key !== '') steps.push(error.step);
    if (error instanceof Unsendable && error.variable !== undefined) {
      steps.push({ relation: 'variable', key: error.variable });
    }
    const path = this.pathTo(this.#current, steps);
    const cause = error instanceof Unsendable ? undefined : { cause: error };
    return new RolecallError(code, `cannot send ${what}: ${path === '' ? 'it' : path} ${problemOf(error)}`, cause);
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Unsendable) return error.problem;
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
