/**
 * Functions in all the forms in which users write them. Each is sent to another realm and called there; what comes
 * back must equal `expected`. The list is also bundled and minified by a test, so each case stands on its own.
 */
import { readFileSync } from 'node:fs';
import * as os from 'node:os';
import path from 'node:path';
import type { Case } from './case.ts';
import { CLASS_CASES } from './class-cases.ts';
import * as library from './library.ts';
import double, { increment, makeAdder, Point } from './library.ts';

const factor = 3;
const offset = 10;
const config = { scale: 2, nested: { names: ['a', 'b'] } };
const cyclic: { self?: unknown; value: number } = { value: 7 };
cyclic.self = cyclic;

function square(x: number): number {
  return x * x;
}
function isEven(n: number): boolean {
  return n === 0 || isOdd(n - 1);
}
function isOdd(n: number): boolean {
  return n !== 0 && isEven(n - 1);
}
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

const literal = {
  base: 5,
  method(x: number) {
    return this.base + x;
  },
  async later(x: number) {
    return this.base * x;
  },
  *count(n: number) {
    for (let i = 0; i < n; i++) yield this.base + i;
  },
  get doubled(): number {
    return this.base * 2;
  },
  ['comp' + 'uted'](x: number) {
    return x + factor;
  },
};

function counterPair(): { increase: () => void; log: string[] } {
  const log: string[] = [];
  return { increase: () => log.push('increased'), log };
}
const pair = counterPair();

function closures(): ((x: number) => number)[] {
  const made = [];
  for (let i = 0; i < 3; i++) made.push((x: number) => x + i);
  return made;
}

const shared = { hits: 0 };
const hit = () => shared.hits++;
const hits = () => shared.hits;
const tag = (strings: TemplateStringsArray, ...values: unknown[]) => strings.raw.join('|') + values.join();

export const CASES: readonly Case[] = [
  ...CLASS_CASES,
  { title: 'an arrow function without free names', fn: (x: number) => x + 1, args: [1], expected: 2 },
  { title: 'an async arrow function', fn: async (x: number) => x + 1, args: [1], expected: 2 },
  {
    title: 'a function expression',
    fn: (x: number) => x * 2,
    args: [4],
    expected: 8,
  },
  { title: 'a function declaration', fn: square, args: [4], expected: 16 },
  { title: 'a captured constant of the module', fn: (x: number) => x * factor, args: [2], expected: 6 },
  { title: 'a captured variable of the module', fn: (x: number) => x + offset, args: [2], expected: 12 },
  { title: 'a captured object', fn: () => config.nested.names.concat(String(config.scale)), expected: ['a', 'b', '2'] },
  { title: 'a captured function', fn: (x: number) => square(x) + 1, args: [3], expected: 10 },
  { title: 'a function that calls itself', fn: factorial, args: [5], expected: 120 },
  {
    title: 'functions that call each other',
    fn: (n: number) => [isEven(n), isOdd(n)],
    args: [7],
    expected: [false, true],
  },
  { title: 'a generator', fn: (n: number) => [...literal.count(n)], args: [2], expected: [5, 6] },
  {
    title: 'an async generator',
    fn: async (n: number) => {
      async function* numbers() {
        for (let i = 0; i < n; i++) yield i + factor;
      }
      const seen = [];
      for await (const value of numbers()) seen.push(value);
      return seen;
    },
    args: [2],
    expected: [3, 4],
  },
  {
    title: 'a generator function as the task, drained by the caller',
    fn: (() => {
      const make = function* (n: number) {
        yield n;
        yield n + factor;
      };
      return (n: number) => Array.from(make(n));
    })(),
    args: [1],
    expected: [1, 4],
  },
  {
    title: 'a method of an object literal, with its object',
    fn: (x: number) => literal.method(x),
    args: [1],
    expected: 6,
  },
  { title: 'an async method', fn: (x: number) => literal.later(x), args: [3], expected: 15 },
  { title: 'a getter of an object literal', fn: () => literal.doubled, expected: 10 },
  { title: 'a method with a computed name', fn: literal.computed, args: [1], expected: 4 },
  { title: 'a bound function', fn: literal.method.bind({ base: 100 } as typeof literal), args: [1], expected: 101 },
  { title: 'a bound function with bound arguments', fn: Math.max.bind(null, 4), args: [3], expected: 4 },
  {
    title: 'loop variables',
    fn: (() => {
      const made = closures();
      return (x: number) => made.map((add) => add(x));
    })(),
    args: [10],
    expected: [10, 11, 12],
  },
  {
    title: 'default parameters',
    fn: (x: number, y = x * factor, { z = offset } = {}) => [x, y, z],
    args: [2],
    expected: [2, 6, 10],
  },
  {
    title: 'shadowed names',
    fn: (factor: number) => {
      const offset = factor;
      {
        const factor = 1;
        return offset + factor;
      }
    },
    args: [5],
    expected: 6,
  },
  {
    title: 'destructuring and rest',
    fn: ({ a, ...rest }: Record<string, number>, ...more: number[]) => [a, rest, more],
    args: [{ a: 1, b: 2 }, 3, 4],
    expected: [1, { b: 2 }, [3, 4]],
  },
  {
    title: 'labels, switch and catch',
    fn: (n: number) => {
      outer: for (let i = 0; ; i++) {
        switch (i) {
          case n:
            break outer;
          default:
            try {
              throw i;
            } catch (error) {
              if (error === 99) return -1;
            }
        }
      }
      return n;
    },
    args: [3],
    expected: 3,
  },
  {
    title: 'typeof of a name that is nowhere',
    fn: () => typeof (globalThis as { nowhere?: unknown }).nowhere,
    expected: 'undefined',
  },
  {
    title: 'globals',
    fn: (text: string) =>
      JSON.parse(text)
        .map(Number.parseFloat)
        .concat([Math.PI > 3]),
    args: ['["1.5"]'],
    expected: [1.5, true],
  },
  {
    title: 'globals held in a variable',
    fn: (() => {
      const { max } = Math;
      const { stringify } = JSON;
      return (a: number) => stringify([max(a, 2)]);
    })(),
    args: [1],
    expected: '[2]',
  },
  { title: 'a named import of a builtin module', fn: () => typeof readFileSync, expected: 'function' },
  { title: 'a default import of a builtin module', fn: () => path.posix.join('a', 'b'), expected: 'a/b' },
  { title: 'a namespace import of a builtin module', fn: () => os.EOL, expected: '\n' },
  { title: 'a named import of a user module', fn: (x: number) => increment(x), args: [1], expected: 2 },
  { title: 'a default import of a user module', fn: (x: number) => double(x), args: [4], expected: 8 },
  { title: 'a namespace import of a user module', fn: (x: number) => library.increment(x), args: [4], expected: 5 },
  { title: 'an imported class', fn: () => new Point(3, 4).norm(), expected: 5 },
  { title: 'an imported function as the task', fn: increment, args: [1], expected: 2 },
  { title: 'a closure that a user module made', fn: makeAdder(5), args: [1], expected: 7 },
  { title: 'an object that contains itself', fn: () => cyclic.self === cyclic && cyclic.value, expected: 7 },
  {
    title: 'two functions that share an object',
    fn: () => {
      hit();
      hit();
      return hits();
    },
    expected: 2,
  },
  {
    title: 'an object with functions that share an array',
    fn: () => {
      pair.increase();
      return pair.log;
    },
    expected: ['increased'],
  },
  {
    title: 'captured values of every kind',
    fn: (() => {
      const values = [
        new Map([[1, new Set(['x'])]]),
        new Float64Array([1, 2]),
        12n,
        new Date(5),
        /a+/gi,
        new RangeError('r'),
        Symbol.for('s'),
        -0,
        undefined,
        null,
        NaN,
      ];
      return () =>
        values.map((value) =>
          value instanceof RangeError ? value.message : typeof value === 'symbol' ? Symbol.keyFor(value) : value,
        );
    })(),
    expected: [
      new Map([[1, new Set(['x'])]]),
      new Float64Array([1, 2]),
      12n,
      new Date(5),
      /a+/gi,
      'r',
      's',
      -0,
      undefined,
      null,
      NaN,
    ],
  },
  {
    title: 'a tagged template and optional chaining',
    fn: (a?: { b?: number }) => tag`x${a?.b ?? factor}y`,
    expected: 'x|y3',
  },
  {
    title: 'a function with properties',
    fn: (() => {
      const memo = Object.assign((x: number) => x, { cache: [1, 2] });
      return () => memo.cache;
    })(),
    expected: [1, 2],
  },
  {
    title: 'a symbol-keyed method',
    fn: (() => {
      const range = {
        *[Symbol.iterator]() {
          yield factor;
        },
      };
      return () => [...range];
    })(),
    expected: [3],
  },
];
