/** What the types of the client promise. Checked by the compiler, never run. */
import type { Client, Future, FutureArray } from 'rolecall';

declare const client: Client;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

class Grid {
  readonly #cells = new Float64Array(4);
  private readonly name = 'grid';
  get size(): number {
    return this.#cells.length + this.name.length;
  }
}

interface Node {
  readonly value: number;
  readonly next: Node | null;
}

// Unannotated lambdas infer their parameters from the arguments.
const plusOne = client.submit((x) => x + 1, 20);
same<typeof plusOne, Future<number>>(true);
const text = client.submit((n, s) => s.repeat(n), 2, 'ab');
same<typeof text, Future<string>>(true);

// Annotated ones, async ones, and ones without arguments.
same<ReturnType<typeof annotated>, Future<number>>(true);
function annotated() {
  return client.submit((x: number) => x * 2, 1);
}
const awaited = client.submit(async (x: number) => String(x), 1);
same<typeof awaited, Future<string>>(true);
const nothing = client.submit(() => {});
same<typeof nothing, Future<void>>(true);

// Futures in arguments unwrap, nested too.
const direct = client.submit((x) => x.toFixed(), plusOne);
same<typeof direct, Future<string>>(true);
const nested = client.submit((o) => o.a[0].toFixed() + o.b.get('k')?.trim(), {
  a: [plusOne] as [Future<number>],
  b: new Map([['k', text]]),
});
same<typeof nested, Future<string>>(true);
const squares = client.map((x: number) => x * x, [1, 2, 3]);
same<typeof squares, FutureArray<number>>(true);
const total = client.submit((xs: number[]) => xs.reduce((a, b) => a + b), squares);
same<typeof total, Future<number>>(true);
const totalInferred = client.submit((xs) => xs.reduce((a, b) => a + b), squares);
same<typeof totalInferred, Future<number>>(true);

// map: items, items that are futures, future arrays, constants.
const lengths = client.map((s) => s.length, ['a', 'b']);
same<typeof lengths, FutureArray<number>>(true);
const again = client.map((n) => n > 1, lengths);
same<typeof again, FutureArray<boolean>>(true);
const mixed = client.map((n: number) => n, [plusOne, plusOne]);
same<typeof mixed, FutureArray<number>>(true);
const constants = client.map((n, factor, label) => label + n * factor, [1, 2], plusOne, 'x');
same<typeof constants, FutureArray<string>>(true);

// Class instances and recursive types stay what they are.
const size = client.submit((grid: Grid) => grid.size, new Grid());
same<typeof size, Future<number>>(true);
const back = client.submit((grid: Grid) => grid, new Grid());
same<typeof back, Future<Grid>>(true);
declare const list: Node;
const first = client.submit((node: Node) => node.value, list);
same<typeof first, Future<number>>(true);
const typed = client.submit(
  (xs: Float64Array, when: Date) => xs.length + when.getTime(),
  new Float64Array(1),
  new Date(),
);
same<typeof typed, Future<number>>(true);

// Awaiting gives the value; a future array gives the list and single futures.
async function awaiting(): Promise<void> {
  same<typeof value, number>(true);
  const value = await plusOne;
  same<typeof values, number[]>(true);
  const values = await squares;
  const [one] = squares.toArray();
  same<typeof one, Future<number> | undefined>(true);
  same<typeof gathered, { a: number; b: number[] }>(true);
  const gathered = await client.gather({ a: plusOne, b: squares });
  for await (const completed of client.asCompleted([plusOne])) {
    if (completed.status === 'finished') same<typeof completed.value, number>(true);
    // @ts-expect-error a value is there only if the task has finished
    else completed.value;
  }
}
void awaiting;

// Scatter keeps the type.
const scattered = client.scatter(new Float64Array(3));
same<typeof scattered, Future<Float64Array<ArrayBuffer>>>(true);
client.map((i: number, t: Float64Array) => t[i], [1, 2], scattered);

// Mistakes are errors of the compiler.
// @ts-expect-error the argument has the wrong type
client.submit((x: number) => x, 'text');
// @ts-expect-error an argument is missing
client.submit((x: number, y: number) => x + y, 1);
// @ts-expect-error the future is of another type
client.submit((x: number) => x, text);
// @ts-expect-error items are of another type
client.map((x: number) => x, ['a']);
// @ts-expect-error not a function
client.submit(5);
// @ts-expect-error no such option
client.with({ retires: 3 });
// @ts-expect-error a future array cannot be written
squares[0] = plusOne;
