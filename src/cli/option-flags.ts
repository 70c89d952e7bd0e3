/** Options of runners as flags of a command. A flag stands for the environment variable of its option, which code can overrule. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Declarations, flagOf, type OptionDeclaration } from '../options/options.ts';

type Variables = Record<`ROLECALL_${string}`, string>;

/** Adds a flag for every option that has an environment variable, under a heading of their own in the help. */
export function addOptionFlags(command: Command, heading: string, declarations: Declarations): void {
  for (const declaration of Object.values(declarations)) {
    if (declaration.env !== undefined) command.addOption(flagFor(declaration, declaration.env).helpGroup(heading));
  }
}

/** The flags that were given, as the variables that they stand for. */
export function variablesOf(command: Command, declarations: Declarations): Variables {
  const variables: Variables = {};
  for (const { env } of Object.values(declarations)) {
    if (env === undefined) continue;
    const value = command.getOptionValue(new Option(flagOf(env)).attributeName());
    if (value !== undefined) variables[env] = String(value);
  }
  return variables;
}

function flagFor(declaration: OptionDeclaration<unknown>, env: `ROLECALL_${string}`): Option {
  const { default: preset, expected, accepts, parse } = declaration;
  if (typeof preset === 'boolean') return new Option(flagOf(env), declaration.doc);
  const value = expected.startsWith('an integer') ? '<number>' : '<text>';
  return new Option(`${flagOf(env)} ${value}`, description(declaration)).argParser((given) => {
    if (accepts(parse(given))) return given;
    throw new InvalidArgumentError(`It must be ${expected}, got ${JSON.stringify(given)}.`);
  });
}

function description({ doc, default: preset, expected }: OptionDeclaration<unknown>): string {
  const choices = expected.startsWith('one of') ? ` O${expected.slice(1)}.` : '';
  return `${doc}${choices}${preset === undefined ? '' : ` Default: ${String(preset)}.`}`;
}

/** Reads an argument or flag that must be an integer. */
export function integer(min: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= min) return number;
    throw new InvalidArgumentError(`It must be an integer >= ${min}, got ${JSON.stringify(text)}.`);
  };
}

/** A flag that may be given again and again: its value is a list. */
export function repeatable(flags: string, description: string): Option {
  const collect = (value: string, list: readonly string[]): readonly string[] => [...list, value];
  return new Option(flags, `${description} (again for more)`).argParser(collect).default([], 'none');
}

/** Commander would report a missing option before one with a typing error, which is why it is missing. */
export function requireOptions(command: Command, flags: readonly string[]): void {
  for (const option of command.options.filter(({ long }) => flags.includes(long ?? ''))) {
    if (command.getOptionValue(option.attributeName()) !== undefined) continue;
    command.error(`error: required option '${option.flags}' not specified`);
  }
}
