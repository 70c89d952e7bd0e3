import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SecondRealm } from './support/second-realm.ts';

const test = suite('stacks and dynamic imports of sent functions');
const realm = new SecondRealm();

/** The line of this file on which the caller stands. */
function here(): number {
  return Number(new Error().stack!.split('\n')[2]!.match(/:(\d+):\d+\)?$/)![1]);
}

async function stackOf(fn: unknown): Promise<string> {
  const error = await realm.run(fn).catch((caught: unknown) => caught);
  return (error as Error).stack!.split('\n')[1]!;
}

test('a stack points to the line and column of the user’s file', async () => {
  const line = here() + 2;
  const step = (value?: number): number => {
    if (value === undefined) throw new Error('lost');
    return value;
  };
  assert.is((await stackOf(step)).trim(), `at step (${import.meta.url}:${line}:36)`);
});

test('also from a class whose constructor stands further down', async () => {
  const line = here() + 5;
  class Engine {
    power = 1;

    constructor() {
      throw new Error('stalled');
    }
  }
  assert.match(await stackOf(() => new Engine()), `at new Engine (${import.meta.url}:${line}:`);
});

test('also from a method with a computed name', async () => {
  const line = here() + 3;
  const motors = {
    ['st' + 'art']() {
      throw new Error('stalled');
    },
  };
  assert.match(await stackOf(motors['start']), `start (${import.meta.url}:${line}:`);
});

test('import() within a task is resolved as in its file', async () => {
  const step = async (x: number) => (await import('./support/library.ts')).increment(x);
  assert.is(await realm.run(step, 1), 2);
});

test.after(() => realm[Symbol.asyncDispose]());

test.run();
