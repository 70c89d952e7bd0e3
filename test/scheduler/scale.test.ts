// serial, deadline: 180 s
/** A hundred thousand tasks in every shape: no stack may overflow, and no step may look at all of them for each of them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkInvariants } from '../../src/scheduler/core/invariants.ts';
import { READY } from '../../src/scheduler/core/task-state.ts';
import { all, one, SchedulerStory } from '../support/scheduler-story.ts';

const test = suite('scale');

const MANY = 100_000;
/** Each of these steps takes less than a second on a quiet machine; what is quadratic takes minutes. */
const MOST_MS = 10_000;

function quickly(what: string, step: () => void): void {
  const before = performance.now();
  step();
  const ms = performance.now() - before;
  if (process.env['ROLECALL_TIMES'] !== undefined) console.log(`${ms.toFixed(0).padStart(6)} ms  ${what}`);
  assert.ok(ms < MOST_MS, `${what} took ${ms.toFixed(0)} ms`);
}

function bigStory(): SchedulerStory {
  const story = new SchedulerStory();
  story.isChecked = false;
  story.out.isMuted = true;
  story.join(1, 1000);
  return story;
}

/** Arrays 1 … MANY, each made from the one before. */
function chain(story: SchedulerStory): void {
  for (let id = 1; id <= MANY; id++) story.submit(id, 1, id === 1 ? {} : { shared: [one(id - 1)] });
}

test('a chain fails, is retried, and is cancelled', () => {
  const story = bigStory();
  quickly('submit a chain', () => chain(story));
  story.assign();
  quickly('fail a chain', () => story.fail(1, 1));
  assert.equal(story.kinds(MANY), ['failed']);
  quickly('retry a chain', () => story.retry(MANY));
  assert.equal(story.kinds(MANY), ['waiting']);
  quickly('cancel a chain', () => story.cancel(1));
  assert.equal(story.kinds(MANY), ['failed']);
  checkInvariants(story.core);
});

test('a chain is computed, lost, and released', () => {
  const story = bigStory();
  chain(story);
  for (let id = 1; id < MANY; id++) story.release(id);
  quickly('compute a chain', () => {
    for (let id = 1; id <= MANY; id++) {
      story.assign();
      story.finish(1, id);
    }
  });
  assert.equal(story.kinds(MANY), ['memory']);
  quickly('lose a chain', () => story.lose(1));
  assert.equal(story.kinds(1), ['ready']);
  checkInvariants(story.core);
  quickly('release a chain', () => story.release(MANY));
  assert.is(story.core.arrays.size, 0);
});

test('a client with a chain goes', () => {
  const story = bigStory();
  chain(story);
  quickly('lose the client', () => story.clientGone());
  assert.is(story.core.arrays.size, 0);
});

/** Workers take and finish all tasks of an array, one by one. */
function computeAll(story: SchedulerStory, id: number): void {
  const { kinds, workers } = story.array(id);
  for (let i = 0; i < MANY; i++) {
    if (kinds[i] === READY) story.assign();
    story.finish(workers[i] as number, id, [i, 1], { ms: 0 });
  }
  story.out.take();
}

test('one task needs the values of many arrays', () => {
  const story = bigStory();
  for (let id = 1; id <= MANY; id++) story.submit(id, 1);
  const shared = Array.from({ length: MANY }, (_, i) => one(i + 1));
  quickly('submit a fan-in', () => story.submit(MANY + 1, 1, { shared }));
  for (let id = 1; id <= MANY; id++) story.release(id);
  quickly('compute what a fan-in needs', () => {
    for (let id = 1; id <= MANY; id++) {
      if (story.kinds(id)[0] === 'ready') story.assign();
      story.finish(1, id);
    }
  });
  assert.equal(story.kinds(MANY + 1), ['ready']);
  checkInvariants(story.core);
  story.assign();
  quickly('finish a fan-in', () => story.finish(1, MANY + 1));
  assert.equal(story.kinds(1), ['released']);
  checkInvariants(story.core);
  quickly('lose a fan-in', () => story.lose(1));
  quickly('release a fan-in', () => story.release(MANY + 1));
  assert.is(story.core.arrays.size, 0);
});

test('one task of an array needs many values of another for itself', () => {
  const story = bigStory();
  story.submit(1, MANY);
  const own = new Map([[1, Array.from({ length: MANY }, (_, i) => one(1, i))]]);
  quickly('submit an own fan-in', () => story.submit(2, 2, { own }));
  story.release(1);
  quickly('compute what an own fan-in needs', () => computeAll(story, 1));
  assert.equal(story.kinds(2), ['running', 'ready']);
  checkInvariants(story.core);
  story.assign();
  quickly('finish an own fan-in', () => story.finish(1, 2, [0, 2]));
  assert.is(story.array(1).released, MANY);
});

test('many arrays need one value that only they keep alive', () => {
  const story = bigStory();
  story.submit(1, 1);
  quickly('submit a fan-out', () => {
    for (let id = 2; id <= MANY; id++) story.submit(id, 1, { shared: [one(1)] });
  });
  story.release(1);
  story.assign();
  quickly('ready a fan-out', () => story.finish(1, 1));
  quickly('compute a fan-out', () => {
    for (let id = 2; id <= MANY; id++) {
      if (story.kinds(id)[0] === 'ready') story.assign();
      story.finish(1, id);
    }
  });
  assert.equal(story.kinds(1), ['released']);
  checkInvariants(story.core);
  quickly('lose the client of a fan-out', () => story.clientGone());
});

test('many arrays depend on one that has failed', () => {
  const story = bigStory();
  story.submit(1, 1);
  story.cancel(1);
  quickly('submit what has failed already', () => {
    for (let id = 2; id <= MANY; id++) story.submit(id, 1, { shared: [one(1)] });
  });
  assert.equal(story.kinds(MANY), ['failed']);
});

test('task i needs value i', () => {
  const story = bigStory();
  story.submit(1, MANY);
  quickly('submit a zip', () => story.submit(2, MANY, { zip: { array: 1, start: 0 } }));
  story.release(1);
  quickly('compute what a zip needs', () => computeAll(story, 1));
  story.join(2, 1);
  quickly('note that many were fetched one by one', () => {
    for (let i = 0; i < MANY; i += 10) story.copied(2, 1, [i, 1]);
  });
  checkInvariants(story.core);
  quickly('compute a zip', () => computeAll(story, 2));
  assert.is(story.array(1).released, MANY);
  checkInvariants(story.core);
  quickly('lose a zip', () => story.lose(1));
  assert.is(story.array(1).inMemory, 0);
  checkInvariants(story.core);
  quickly('release a zip', () => story.release(2));
  assert.is(story.core.arrays.size, 0);
});

test('all tasks need all values', () => {
  const story = bigStory();
  story.submit(1, MANY);
  quickly('submit a shuffle', () => story.submit(2, MANY, { shared: [all(1, MANY)] }));
  story.release(1);
  quickly('compute what a shuffle needs', () => computeAll(story, 1));
  quickly('compute a shuffle', () => computeAll(story, 2));
  assert.is(story.array(1).released, MANY);
  quickly('lose a shuffle', () => story.lose(1));
  assert.is(story.array(1).ready.size, MANY);
});

test.run();
