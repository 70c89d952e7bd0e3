import { REFERENCE_TAG } from '../protocol/reference.ts';

/**
 * The first byte of every encoded value says how the rest is to be read. The numbers are part of the protocol.
 * The length of a value is not in it: whoever carries a value knows where it ends.
 */
export const TAG = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  /** Four bytes, little endian. */
  int32: 4,
  /** Eight bytes, little endian. */
  float64: 5,
  /** The characters, one byte each, all below 128. */
  ascii: 6,
  /** The characters as UTF-8. */
  utf8: 7,
  /** Plain data in Node's own structured serialisation, with no buffer in it. */
  plain: 8,
  /** A frame (see frame.ts) whose head is plain data. */
  framedPlain: 9,
  /** A frame whose head is a graph: functions, class instances, errors and what is around them. */
  graph: 10,
  /** A reference to memory in which the value lies (see protocol/reference.ts). */
  reference: REFERENCE_TAG,
} as const;
