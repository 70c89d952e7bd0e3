/** How long do values and functions take to encode and decode? Prints nanoseconds a value, the best of some rounds. */
import { serialize } from 'node:v8';
import { packedValue } from '../src/protocol/packed.ts';
import { type EncodeOptions, ValueCodec } from '../src/values/codec.ts';
import { ValuePacker } from '../src/values/pack.ts';
import { isPlain } from '../src/values/survey.ts';

const OPTIONS: EncodeOptions = { what: 'a value', code: 'ERR_UNSERIALISABLE_ARGUMENT' };
const ROUNDS = 7;
const [client, worker] = [new ValueCodec(), new ValueCodec()];

/** The best time of one call, in nanoseconds. */
function best(calls: number, run: (i: number) => unknown): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run(i);
    least = Math.min(least, performance.now() - start);
  }
  return (least / calls) * 1e6;
}

function report(name: string, encode: number, decode: number, bytes: number): void {
  const cell = (ns: number): string => (ns < 10_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} µs`);
  console.log(
    `${name.padEnd(44)} ${cell(encode).padStart(10)} ${cell(decode).padStart(10)} ${String(bytes).padStart(10)}`,
  );
}

function packed(name: string, make: (i: number) => unknown): void {
  const packer = new ValuePacker(client, 1 << 20);
  const calls = 10_000;
  let block = packer.finish();
  const encode = best(1, () => {
    client.atOneMoment(() => {
      for (let i = 0; i < calls; i++) packer.add(make(i), OPTIONS);
    });
    block = packer.finish();
  });
  const decode = best(calls, (i) => worker.decode(packedValue(block, i)));
  report(name, encode / calls, decode, Math.round(block.bytes.length / calls));
}

function single(name: string, value: unknown, calls: number): void {
  const bytes = client.encode(value, OPTIONS);
  report(
    name,
    best(calls, () => client.encode(value, OPTIONS)),
    best(calls, () => worker.decode(bytes)),
    bytes.length,
  );
}

function captured(name: string, make: (i: number) => unknown, calls = 2000): void {
  const { bytes } = client.encodeFunction(make(0));
  report(
    name,
    best(calls, (i) => client.encodeFunction(make(i))),
    best(calls, () => worker.decode(bytes)),
    bytes.length,
  );
}

class Particle {
  readonly mass: number;
  constructor(mass: number) {
    this.mass = mass;
  }
  energy(): number {
    return this.mass * scale;
  }
}
const scale = 3;
const table = { weights: [1, 2, 3], name: 'table' };
const double = (x: number): number => x * 2;
const addTable = (x: number): number => double(x) + table.weights.length;

console.log(`${''.padEnd(44)} ${'encode'.padStart(10)} ${'decode'.padStart(10)} ${'bytes'.padStart(10)}`);
packed('packed: undefined', () => undefined);
packed('packed: small integer', (i) => i);
packed('packed: float', (i) => i + 0.5);
packed('packed: string of 8', (i) => `item ${i % 1000}`);
packed('packed: object of 3 properties', (i) => ({ id: i, name: 'x', on: true }));
single('object of 3 properties', { id: 1, name: 'x', on: true }, 20_000);
single(
  'array of 100,000 numbers',
  Array.from({ length: 1e5 }, (_, i) => i * 1.5),
  20,
);
single(
  'array of 10,000 objects',
  Array.from({ length: 1e4 }, (_, i) => ({ id: i, name: 'x', on: true })),
  20,
);
single('Float64Array of 1 MB', new Float64Array(125_000), 200);
single('Float64Array of 100 MB', new Float64Array(12_500_000), 1);
single('instance of an own class', new Particle(1), 1000);
packed('packed: instance of an own class', (i) => new Particle(i));
single('error', new Error('x'), 5000);
captured('function without captured variables', () => (x: number) => x + 1, 20_000);
captured('function that captures a number', () => (x: number) => x + scale);
captured('function that captures a function and an object', () => addTable);
captured('function that captures a class', () => (x: number) => new Particle(x).energy());

const numbers = Array.from({ length: 1e5 }, (_, i) => i * 1.5);
const objects = Array.from({ length: 1e4 }, (_, i) => ({ id: i, name: 'x', on: true }));
for (const [name, value] of [
  ['array of 100,000 numbers', numbers],
  ['array of 10,000 objects', objects],
] as const) {
  const walk = best(20, () => isPlain(value, []));
  const whole = best(20, () => serialize(value));
  console.log(`the walk over an ${name} takes ${((100 * walk) / whole).toFixed(0)} % of v8.serialize`);
}
