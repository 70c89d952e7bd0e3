import { booleanOption, integerOption, type OptionDeclaration, textOption } from '../options/options.ts';
import type { WithOptions } from './types.ts';

/** What `client.with` understands. */
export const WITH_OPTIONS = {
  workers: {
    doc: 'Names (ranks) or hosts of the only workers that may run the task.',
    default: undefined,
    expected: 'a name or a list of names',
    accepts: (value: unknown) => [value].flat().every((name) => typeof name === 'string' || typeof name === 'number'),
    parse: (text: string) => text,
  } as OptionDeclaration<WithOptions['workers']>,
  allowOtherWorkers: booleanOption({ doc: '`workers` is a preference, not a restriction.', default: false }),
  retries: integerOption({ doc: 'Further attempts after the task threw.', default: 0, min: 0 }),
  priority: {
    doc: 'Higher runs first.',
    default: 0,
    expected: 'a finite number',
    accepts: (value: unknown) => Number.isFinite(value),
    parse: Number,
  } as OptionDeclaration<number>,
  timeoutMs: integerOption({
    doc: 'An attempt that runs longer fails and is stopped; 0: no limit.',
    default: 0,
    min: 0,
  }),
  name: textOption({ doc: 'What the task is called in messages.' }),
};
