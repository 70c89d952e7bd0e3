/** The part of the cases that is about classes. */
import type { Case } from './case.ts';

const factor = 3;

class Shape {
  static made = 0;
  static readonly scale = (x: number) => x * factor;
  static readonly unit = new Map([['cm', 1]]);
  name = 'shape';
  readonly size: number;

  constructor(size: number) {
    this.size = size;
    Shape.made++;
  }

  get area(): number {
    return this.size * factor;
  }

  set label(value: string) {
    this.name = value;
  }

  describe(): string {
    return `${this.name} of ${this.area}`;
  }
}

class Square extends Shape {
  override get area(): number {
    return this.size ** 2;
  }

  override describe(): string {
    return `square, ${super.describe()}`;
  }

  static unitSquare(): Square {
    return new Square(1);
  }
}

class Counter {
  #count = 0;
  static #instances = 0;

  constructor() {
    Counter.#instances++;
  }

  #bump(): void {
    this.#count++;
  }

  run(times: number): number[] {
    for (let i = 0; i < times; i++) this.#bump();
    return [this.#count, Counter.#instances, #count in this ? 1 : 0];
  }
}

class Stack extends Array<number> {
  top(): number | undefined {
    return this.at(-1);
  }
}

class Registry extends Map<string, number> {
  total(): number {
    return [...this.values()].reduce((a, b) => a + b, 0);
  }
}

const mixin = (Base: typeof Shape) =>
  class Mixed extends Base {
    mixed(): string {
      return `mixed ${this.describe()}`;
    }
  };
class FromMixin extends mixin(Shape) {}

// Written as people did before there were classes.
const OldStyle = function (this: { x: number }, x: number) {
  this.x = x;
} as unknown as new (
  x: number,
) => { x: number; get(): number };
OldStyle.prototype.get = function (this: { x: number }) {
  return this.x + factor;
};

export const CLASS_CASES: readonly Case[] = [
  {
    title: 'a constructor function with a prototype',
    fn: (x: number) => new OldStyle(x).get(),
    args: [1],
    expected: 4,
  },
  { title: 'a class', fn: (n: number) => new Shape(n).describe(), args: [2], expected: 'shape of 6' },
  {
    title: 'a class that extends another, with super',
    fn: (n: number) => new Square(n).describe(),
    args: [3],
    expected: 'square, shape of 9',
  },
  { title: 'a static method', fn: () => Square.unitSquare().area, expected: 1 },
  { title: 'static properties', fn: () => [Shape.unit.get('cm'), Shape.scale(2)], expected: [1, 6] },
  { title: 'a setter', fn: () => Object.assign(new Shape(1), { label: 'box' }).describe(), expected: 'box of 3' },
  {
    title: 'a class with private members',
    fn: (n: number) => new Counter().run(n).slice(0, 2),
    args: [3],
    expected: [3, 1],
  },
  { title: 'a class from a mixin', fn: () => new FromMixin(1).mixed(), expected: 'mixed shape of 3' },
  { title: 'a class that extends Array', fn: (list: number[]) => Stack.from(list).length, args: [[1, 2]], expected: 2 },
  {
    title: 'a class that extends Map',
    fn: () =>
      new Registry([
        ['a', 1],
        ['b', 2],
      ]).total(),
    expected: 3,
  },
  {
    title: 'a class expression in the function itself',
    fn: (n: number) => {
      class Local extends Shape {
        twice() {
          return this.size * 2;
        }
      }
      return new Local(n).twice();
    },
    args: [4],
    expected: 8,
  },
  {
    title: 'an instance of a captured class',
    fn: (() => {
      const shape = new Square(5);
      return () => shape.describe();
    })(),
    expected: 'square, shape of 25',
  },
  {
    title: 'a class as the value of a variable',
    fn: (() => {
      const types = [Shape, Square];
      return () => types.map((Type) => new Type(2).area);
    })(),
    expected: [6, 4],
  },
];
