/** A user's module next to the job file: what it exports travels by reference. */
let calls = 0;

export function increment(x: number): number {
  calls++;
  return x + 1;
}

export function callCount(): number {
  return calls;
}

export class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  norm(): number {
    return Math.hypot(this.x, this.y);
  }

  static isPoint(value: unknown): boolean {
    return value instanceof Point;
  }
}

export function makePoint(x: number, y: number): Point {
  return new Point(x, y);
}

/** A closure of this module that is not exported itself. */
export function makeAdder(amount: number): (x: number) => number {
  return (x) => increment(x) + amount;
}

// biome-ignore lint/style/noDefaultExport: the test of default imports
export default function double(x: number): number {
  return x * 2;
}
