/** What a graph's bytes say is to be made, with references to other nodes still unresolved. */

/** Stands in a record for the node with that number. */
export class NodeReference {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** Stands in a record for an element or a detail that is not there. */
export const HOLE: unique symbol = Symbol('hole');

/** An own property. `value` is the getter of an accessor. */
export interface PropertyRecord {
  readonly key: string | symbol;
  readonly flags: number;
  readonly value: unknown;
  readonly setter: unknown;
}

/** A node. Every `unknown` in it may be a `NodeReference`. */
export interface NodeRecord {
  readonly kind: number;
  readonly prototype: { readonly how: number; readonly slot: unknown };
  /** What it consists of, in the order of its kind. */
  readonly contents: readonly unknown[];
  /** A number or text of its kind: length of an array, number of a view, class of a constructed object. */
  readonly detail: number | string;
  readonly properties: readonly PropertyRecord[];
  readonly code: CodeRecord | undefined;
}

/** What only function nodes have. */
export interface CodeRecord {
  readonly flags: number;
  readonly id: string;
  readonly text: string;
  readonly name: string;
  readonly url: string;
  readonly line: number;
  readonly column: number;
  readonly superName: string;
  readonly superClass: unknown;
  readonly names: readonly string[];
  readonly prototype: unknown;
  /** What was added to the prototype of a class. */
  readonly additions: readonly PropertyRecord[];
}
