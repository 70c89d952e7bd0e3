/**
 * What the text of a function says about it: `Function.prototype.toString` gives the text, acorn the syntax tree.
 *
 * A text is made fit for being evaluated elsewhere without moving a character: what must not be evaluated again is
 * blanked out, so that lines and columns of error stacks stay right.
 */
import type { Options } from 'acorn';
import { acorn } from '../on-demand.ts';
import { classSource } from './class-source.ts';
import { type FreeNames, findFreeNames } from './free-names.ts';
import { type AnyNode, isFunctionNode } from './syntax.ts';
import { blank } from './text.ts';

/** All that is known about a function from its text alone. */
export interface FunctionSource {
  /** A method's text is only valid between the braces of an object literal. */
  readonly form: 'function' | 'method' | 'class';
  /** The text to evaluate at the receiver. */
  readonly text: string;
  /** It only parses in sloppy mode. */
  readonly isSloppy: boolean;
  readonly free: FreeNames;
  /** The index in the text that V8 calls the function's location. */
  readonly anchor: number;
  readonly class: ClassSource | undefined;
}

/** What only classes have. */
export interface ClassSource {
  /** The name that stands in the text for what the class extends. */
  readonly superName: string | undefined;
  /** Its instances have private fields, methods or accessors. */
  readonly hasPrivateMembers: boolean;
}

const CACHED_SOURCES = 2000;
const cache = new Map<string, FunctionSource>();

/** The facts about a function with this text. The same text is parsed once. @throws SyntaxError if it is not JavaScript. */
export function sourceOf(text: string): FunctionSource {
  const known = cache.get(text);
  if (known !== undefined) return known;
  if (cache.size >= CACHED_SOURCES) cache.clear();
  const source = readSource(text);
  cache.set(text, source);
  return source;
}

function readSource(text: string): FunctionSource {
  const strict = parseText(text, 'module');
  const parsed = strict ?? parseText(text, 'script');
  if (parsed === undefined) throw new SyntaxError('its text cannot be parsed outside its surroundings');
  const isSloppy = strict === undefined;
  const { node, method } = parsed;
  if (method !== undefined) return methodSource(text, isSloppy, method);
  if (isFunctionNode(node)) {
    const isArrow = node.type === 'ArrowFunctionExpression';
    const anchor = isArrow ? 0 : text.indexOf('(', (node.id as AnyNode | null)?.end ?? 0);
    return { form: 'function', text, isSloppy, free: findFreeNames(node), anchor, class: undefined };
  }
  return { form: 'class', isSloppy, ...classSource(text, node) };
}

interface Parsed {
  readonly node: AnyNode;
  /** The property of the object literal, if the text is one. */
  readonly method?: AnyNode;
}

function parseText(text: string, sourceType: 'module' | 'script'): Parsed | undefined {
  const options: Options = { ecmaVersion: 'latest', sourceType, checkPrivateFields: false };
  try {
    const node = acorn().parseExpressionAt(text, 0, options) as AnyNode;
    if (node.end === text.length && (isFunctionNode(node) || node.type === 'ClassExpression')) return { node };
  } catch {
    // Not an expression: perhaps a method.
  }
  try {
    const node = acorn().parseExpressionAt(`({${text}})`, 0, options) as AnyNode;
    return { node, method: (node.properties as AnyNode[])[0]! };
  } catch {
    return undefined;
  }
}

/** `offset` is the length of what `parseText` put before a method. */
function methodSource(text: string, isSloppy: boolean, property: AnyNode, offset = 2): FunctionSource {
  const value = property.value as AnyNode;
  const key = property.key as AnyNode;
  const start = text.lastIndexOf('[', key.start - offset);
  const end = text.indexOf(']', key.end - offset) + 1;
  return {
    form: 'method',
    text: property.computed ? blank(text, start, end, '_') : text,
    isSloppy,
    free: findFreeNames(value),
    anchor: value.start - offset,
    class: undefined,
  };
}
