/**
 * Options are declared once: what an option is, its default, its environment name. From the declaration come the checked
 * value, the errors, the reference page and the help of the command line.
 */
import { RolecallError } from '../errors.ts';

export interface OptionDeclaration<T> {
  /** What it is, then the trade, in whole sentences. */
  readonly doc: string;
  readonly default: T;
  /** The environment variable that gives it where code does not. */
  readonly env?: `ROLECALL_${string}`;
  /** What a value must be, for the error text: "an integer >= 1". */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** Reads it from the text of an environment variable or flag. */
  readonly parse: (text: string) => unknown;
}

export type Declarations = Readonly<Record<string, OptionDeclaration<unknown>>>;

export type Resolved<D extends Declarations> = {
  readonly [K in keyof D]: D[K] extends OptionDeclaration<infer T> ? T : never;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The value of every declared option: what was given, else the environment's, else the default.
 *
 * @param what names the thing in error texts, e.g. "SlurmRunner"
 * @throws {RolecallError} `ERR_INVALID_OPTION` for an unknown name, naming the nearest, or a value of the wrong kind.
 */
export function resolveOptions<D extends Declarations>(
  what: string,
  declarations: D,
  raw: object,
  env: Environment = {},
): Resolved<D> {
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(declarations, name))
      throw new RolecallError('ERR_INVALID_OPTION', unknownOption(what, name, Object.keys(declarations)));
  }
  const entries = Object.entries(declarations).map(([name, declaration]) => {
    const given = (raw as Record<string, unknown>)[name];
    const fromEnv = declaration.env === undefined ? undefined : env[declaration.env];
    if (given !== undefined) return [name, checked(what, name, declaration, given)];
    if (fromEnv !== undefined)
      return [name, checked(what, declaration.env as string, declaration, declaration.parse(fromEnv), fromEnv)];
    return [name, declaration.default];
  });
  return Object.fromEntries(entries) as Resolved<D>;
}

export function integerOption(about: {
  doc: string;
  default: number;
  min: number;
  env?: `ROLECALL_${string}`;
}): OptionDeclaration<number> {
  const { min, ...rest } = about;
  return {
    ...rest,
    expected: `an integer >= ${min}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= min,
    parse: Number,
  };
}

/** An integer that need not be given. */
export function optionalIntegerOption(about: {
  doc: string;
  min: number;
  env?: `ROLECALL_${string}`;
}): OptionDeclaration<number | undefined> {
  return { ...integerOption({ ...about, default: 0 }), default: undefined };
}

export function booleanOption(about: {
  doc: string;
  default: boolean;
  env?: `ROLECALL_${string}`;
}): OptionDeclaration<boolean> {
  return {
    ...about,
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    parse: (text) => (text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text),
  };
}

export function textOption(about: { doc: string; env?: `ROLECALL_${string}` }): OptionDeclaration<string | undefined> {
  return {
    ...about,
    default: undefined,
    expected: 'a string that is not empty',
    accepts: (value) => typeof value === 'string' && value.length > 0,
    parse: (text) => text,
  };
}

export function choiceOption<const C extends readonly string[]>(about: {
  doc: string;
  choices: C;
  default: C[number];
  env?: `ROLECALL_${string}`;
}): OptionDeclaration<C[number]> {
  const { choices, ...rest } = about;
  return {
    ...rest,
    expected: `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`,
    accepts: (value) => choices.includes(value as string),
    parse: (text) => text,
  };
}

/** The flag of the command line that stands for an environment variable: `--worker-slots` for ROLECALL_WORKER_SLOTS. */
export function flagOf(env: `ROLECALL_${string}`): `--${string}` {
  return `--${env.slice('ROLECALL_'.length).toLowerCase().replaceAll('_', '-')}`;
}

/** The name that was probably meant, if one is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3));
  const ranked = names
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= limit ? best.candidate : undefined;
}

function checked(
  what: string,
  name: string,
  { accepts, expected }: OptionDeclaration<unknown>,
  value: unknown,
  given = value,
): unknown {
  if (accepts(value)) return value;
  const text = `Cannot use the options of ${what}: "${name}" must be ${expected}, got ${show(given)}`;
  throw new RolecallError('ERR_INVALID_OPTION', text);
}

function unknownOption(what: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  const hint = meant === undefined ? `It has: ${known.join(', ')}` : `Did you mean "${meant}"?`;
  return `Cannot use the options of ${what}: it has no option "${name}". ${hint}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Levenshtein distance, counting a swap of neighbours as one step. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j;
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, at(i - 2, j - 2) + 1);
      (rows[i] as number[])[j] = best;
    }
  }
  return at(a.length, b.length);
}
