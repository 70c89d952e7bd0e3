/**
 * Makes a function from its text again. The text stands in its own file's lines and columns, so that the stack of an
 * error points to the user's source, and an `import()` within it is resolved as in that file.
 *
 * Around the text stands a scope with a variable for each captured name. The variables are set after the function was
 * made: so functions may capture each other, and themselves.
 */
import { compileFunction, constants } from 'node:vm';
import { FUNCTION } from './format.ts';
import { quietly } from './quietly.ts';
import type { CodeRecord } from './records.ts';

/** Only for code that needs it: Node calls it experimental. */
const DYNAMIC_IMPORT = { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };

/** A function that is about to be made. */
export interface CompiledCode {
  /** Sets all captured variables, in the order of their names; last comes what a class extends. */
  readonly setVariables: (...values: readonly unknown[]) => void;
  /** What the captured variables hold now. */
  readonly getVariables: () => readonly unknown[];
  /** Evaluates the text. A class needs its variables before. */
  readonly evaluate: () => object;
}

/** Compiles a function. @throws SyntaxError if its text is not one. */
export function compile(code: CodeRecord): CompiledCode {
  const isMethod = (code.flags & FUNCTION.method) !== 0;
  const names = code.superName === '' ? code.names : [...code.names, code.superName];
  const [open, close] = isMethod ? ['({', '})'] : ['(', ')'];
  const strict = code.flags & FUNCTION.sloppy ? '' : "'use strict';";
  const variables = names.length === 0 ? '' : `let ${names.join()};`;
  const setter = names.map((name, i) => `${name}=arguments[${i}]`).join(';');
  const before = `${strict}${variables}return[function(){${setter}},()=>[${names.join()}],()=>${open}`;
  const padding = ' '.repeat(code.column);
  const make = quietly(() =>
    compileFunction(`${before}\n${padding}${code.text}\n${close}]`, [], {
      ...(code.url === '' ? {} : { filename: code.url }),
      lineOffset: code.line - 1,
      ...(code.flags & FUNCTION.importsDynamically ? DYNAMIC_IMPORT : {}),
    }),
  ) as () => [CompiledCode['setVariables'], CompiledCode['getVariables'], () => object];
  const [setVariables, getVariables, thunk] = make();
  return { setVariables, getVariables, evaluate: isMethod ? () => onlyMember(thunk()) : thunk };
}

/** The method or accessor of an object literal with one member. */
function onlyMember(literal: object): object {
  const [key] = Reflect.ownKeys(literal);
  const { value, get, set } = Object.getOwnPropertyDescriptor(literal, key!)!;
  return (value ?? get ?? set) as object;
}
