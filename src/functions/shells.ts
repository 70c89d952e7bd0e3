/** Makes the objects of a graph, empty: what they hold is filled in later, when everything exists. */
import type { Frame } from '../values/frame.ts';
import { NODE } from './format.ts';
import type { NodeRecord } from './records.ts';

const CONSTRUCTED: Readonly<Record<string, new (...texts: string[]) => object>> = {
  URL,
  URLSearchParams,
  DOMException,
};

/** The empty object of a node that is neither a function nor a stand-in for something else. */
export function makeShell({ kind, detail, contents }: NodeRecord, frame: Frame): object {
  switch (kind) {
    case NODE.object:
      return {};
    case NODE.array:
      return makeArray(detail as number);
    case NODE.map:
      return new Map();
    case NODE.set:
      return new Set();
    case NODE.date:
      return new Date(contents[0] as number);
    case NODE.regexp:
      return new RegExp(contents[0] as string, contents[1] as string);
    case NODE.boxed:
      return Object(contents[0]) as object;
    case NODE.error:
      return makeError();
    case NODE.buffer:
      return frame.buffer(detail as number);
    case NODE.view:
      return frame.view(detail as number);
    default:
      return construct(detail as string, contents[0] as string[]);
  }
}

function makeArray(length: number): unknown[] {
  const array: unknown[] = [];
  array.length = length;
  return array;
}

/** An error without a message or stack of its own. */
function makeError(): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  Reflect.deleteProperty(error, 'stack');
  return error;
}

function construct(name: string, texts: readonly string[]): object {
  if (!Object.hasOwn(CONSTRUCTED, name)) throw new RangeError(`no object of class ${name} is sent as texts`);
  return new CONSTRUCTED[name]!(...texts);
}
