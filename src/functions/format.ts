/**
 * A graph of objects as bytes: the head of a frame (see ../values/frame.ts). Every object and function is a node
 * with a number; whatever refers to it holds that number, so cycles and shared references cost nothing.
 *
 *     count of modules, each: parent, specifier, type (texts)
 *     count of nodes
 *     slot of the root
 *     per node: kind, then what its kind needs (see graph-encoder.ts and graph-decoder.ts, which mirror each other)
 *
 * Nodes are in the order in which they were found: a decoder makes empty objects first and fills them afterwards.
 */

/** What can stand where a value is expected: a primitive, or a reference to something. */
export const SLOT = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  /** A count with the sign in its lowest bit. */
  integer: 4,
  float: 5,
  text: 6,
  bigint: 7,
  /** The number of a node. */
  node: 8,
  /** A path, see builtins.ts. */
  builtin: 9,
  /** Number of the module, exported name, property. */
  module: 10,
  /** The number that stands for a future. */
  handle: 11,
  /** A symbol of the global registry, by its key. */
  registeredSymbol: 12,
  /** A symbol that is a property of `Symbol`, by its name. */
  wellKnownSymbol: 13,
  /** An element that an array does not have. */
  hole: 14,
  /** The `require` function of the CommonJS file with that URL. */
  require: 15,
} as const;

/** The kinds of nodes. */
export const NODE = {
  object: 0,
  array: 1,
  map: 2,
  set: 3,
  date: 4,
  regexp: 5,
  /** The object around a number, string, boolean, bigint or symbol. */
  boxed: 6,
  error: 7,
  buffer: 8,
  view: 9,
  /** An object that is made by calling a builtin class with texts: URL, URLSearchParams, DOMException. */
  constructed: 10,
  function: 11,
  bound: 12,
  /** Something that turned out to be exported by a module: a module slot follows. */
  reference: 13,
  /** In place of something that could not be sent with an error: a text. */
  note: 14,
} as const;

/** Where an object's prototype comes from. */
export const PROTOTYPE = {
  /** It is the usual one of its kind. */
  usual: 0,
  null: 1,
  /** The `prototype` of the class in the slot that follows. */
  ofClass: 2,
  /** The object in the slot that follows. */
  object: 3,
} as const;

/** How a function is compiled; a bit each. */
export const FUNCTION = {
  method: 1,
  class: 2,
  sloppy: 4,
  importsDynamically: 8,
  /** Two slots follow: what it extends, and the name of that in its text. */
  extends: 16,
  /** A slot follows: its `prototype` object, which is not the one that every function starts with. */
  prototype: 32,
} as const;

/** How a property is defined; a bit each. */
export const PROPERTY = { writable: 1, enumerable: 2, configurable: 4, accessor: 8 } as const;

/** The usual property: writable, enumerable, configurable. */
export const USUAL_PROPERTY = PROPERTY.writable | PROPERTY.enumerable | PROPERTY.configurable;
