/** Random plain data from a seed: the same seed gives the same value. */

/** A generator of numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TEXTS = [
  '',
  'a',
  'straße',
  '日本',
  '😀',
  '\ud800 alone',
  'x'.repeat(30),
  '__proto__',
  'constructor',
  '0',
  ' \u0000 ',
];

export class RandomValues {
  readonly random: () => number;
  readonly #made: object[] = [];

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** A value of at most `depth` levels, with cycles and shared references. */
  value(depth: number): unknown {
    if (depth === 0 || this.random() < 0.3) return this.primitive();
    if (this.#made.length > 0 && this.random() < 0.1) return this.pick(this.#made);
    return this.random() < 0.25 ? this.#remember(this.#leaf()) : this.#container(depth - 1);
  }

  primitive(): unknown {
    const number = Math.round((this.random() - 0.5) * 2 ** this.pick([3, 31, 33, 60]));
    return this.pick([
      undefined,
      null,
      true,
      false,
      number,
      number + 0.5,
      -0,
      NaN,
      Infinity,
      BigInt(number) ** 3n,
      ...TEXTS,
    ]);
  }

  pick<Element>(list: readonly Element[]): Element {
    return list[Math.floor(this.random() * list.length)]!;
  }

  #leaf(): object {
    const bytes = Uint8Array.from({ length: Math.floor(this.random() * 40) }, () => this.random() * 256);
    return this.pick<() => object>([
      () => bytes,
      () => Buffer.from(bytes),
      () => bytes.subarray(3, 9),
      () => new Float64Array([this.random(), NaN, -0]),
      () => new BigInt64Array([-1n, 5n]),
      () => new DataView(new ArrayBuffer(9), 1, 5),
      () => bytes.buffer,
      () => new Date(this.random() * 2e12),
      () => /a(b)+/giu,
      () => Object(this.random()) as object,
    ])();
  }

  #container(depth: number): object {
    const size = Math.floor(this.random() * 5);
    const kind = this.pick(['object', 'bare', 'array', 'map', 'set'] as const);
    if (kind === 'array') {
      const array = this.#remember<unknown[]>([]);
      for (let i = 0; i < size; i++) if (this.random() < 0.9) array[i] = this.value(depth);
      return array;
    }
    if (kind === 'map') {
      const map = this.#remember(new Map());
      for (let i = 0; i < size; i++) map.set(this.value(depth), this.value(depth));
      return map;
    }
    if (kind === 'set') {
      const set = this.#remember(new Set());
      for (let i = 0; i < size; i++) set.add(this.value(depth));
      return set;
    }
    const object = this.#remember(kind === 'object' ? {} : (Object.create(null) as object));
    for (let i = 0; i < size; i++) define(object, this.pick(TEXTS), this.value(depth));
    return object;
  }

  #remember<Made extends object>(made: Made): Made {
    this.#made.push(made);
    return made;
  }
}

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
