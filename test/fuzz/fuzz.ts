/** Gives a decoder many inputs, and looks for what must not be: a fault, a hang, growth, a changed prototype. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Random } from '../support/random.ts';
import { codeOf, type Decoder } from './decoders.ts';

export interface FuzzResult {
  readonly inputs: number;
  /** How many of them were refused; the others mean something. */
  readonly refused: number;
  readonly slowestMs: number;
  readonly grownBytes: number;
  readonly seconds: number;
}

export interface FuzzLimits {
  readonly seed: number;
  readonly inputs: number;
  readonly ms: number;
}

/** One input may not hold up the process longer than this, on a busy machine. */
const SLOWEST_MS = 2000;
const MOST_GROWTH_BYTES = 32 * 2 ** 20;
const WARM_UP_INPUTS = 2000;

/** @throws {Error} at the first fault, with the seed and the input that brought it. */
export function fuzz(decoder: Decoder, { seed, inputs, ms }: FuzzLimits): FuzzResult {
  const prototypes = prototypeKeys();
  const startedAt = performance.now();
  let before = usedBytes();
  let [done, refused, slowestMs] = [0, 0, 0];
  for (; done < inputs && performance.now() - startedAt < ms; done++) {
    if (done === WARM_UP_INPUTS) before = usedBytes();
    const input = decoder.input(new Random(seed + done));
    const began = performance.now();
    if (!accepted(decoder, input, seed + done)) refused++;
    const ms = performance.now() - began;
    slowestMs = Math.max(slowestMs, ms < SLOWEST_MS ? ms : timeOf(decoder, input, seed + done));
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const grownBytes = usedBytes() - before;
  if (grownBytes > MOST_GROWTH_BYTES)
    throw new Error(`${decoder.name}: ${grownBytes} bytes are left of ${done} inputs`);
  if (prototypeKeys() !== prototypes) throw new Error(`${decoder.name}: a prototype was changed`);
  return { inputs: done, refused, slowestMs, grownBytes, seconds };
}

/** @throws {Error} if it takes too long, and does so again: the machine may have stood still for a while. */
function timeOf(decoder: Decoder, input: Uint8Array, seed: number): number {
  let ms = 0;
  for (let tries = 0; tries < 3; tries++) {
    const began = performance.now();
    accepted(decoder, input.slice(), seed);
    ms = performance.now() - began;
    if (ms < SLOWEST_MS) return ms;
  }
  throw fault(decoder, input, seed, `took ${Math.round(ms)} ms`);
}

function accepted(decoder: Decoder, input: Uint8Array, seed: number): boolean {
  try {
    decoder.read(input);
    return true;
  } catch (error) {
    if (decoder.codes.test(codeOf(error))) return false;
    throw fault(decoder, input, seed, `threw ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function fault({ name }: Decoder, input: Uint8Array, seed: number, what: string): Error {
  const hex = Buffer.from(input.subarray(0, 2000)).toString('hex');
  return new Error(`${name}, seed ${seed}: ${what}\ninput (hex): ${hex}`);
}

function prototypeKeys(): string {
  const prototypes = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, Error.prototype];
  return prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join()).join(' ');
}

let collect: (() => void) | undefined;

/** Of the heap and of buffers, after all garbage was collected. */
function usedBytes(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
