import * as assert from 'uvu/assert';
import { WorkerStory } from '../../support/worker-story.ts';
import { workerSuite } from '../../support/worker-story-suite.ts';

const test = workerSuite('what threads report');

test('threads start when there are tasks for them, as many as are wanted, and each gets its task', () => {
  const story = new WorkerStory(3);
  story.compute(1, [0, 2]);
  assert.equal(story.out.take(), ['start 0', 'start 1']);
  story.compute(2, [0, 1]);
  assert.equal(story.out.take(), ['start 2']);
  story.compute(3, [0, 9]);
  story.threads(3);
  assert.equal(story.out.take(), [
    'run 1:0 in 0 with the function',
    'run 1:1 in 1 with the function',
    'run 2:0 in 2 with the function',
  ]);
});

test('a task for which a thread is idle starts none', () => {
  const story = new WorkerStory(2);
  story.compute(1, [0, 1]);
  story.threads(1);
  story.results(0, [1]);
  story.compute(2, [0, 1]);
  assert.equal(story.out.take(), ['start 0', 'run 1:0 in 0 with the function', 'finished 1:0', 'run 2:0 in 0']);
});

test('onResults keeps the values, and tells of them in stretches', (story) => {
  story.runBatch(4);
  story.results(0, [1, 2]);
  assert.equal(story.out.take(), ['finished 1:1,2']);
  story.results(0, [3, 4]);
  assert.equal(story.out.take(), ['finished 1:3,4']);
  assert.ok(story.core.store.hasAll(1, 0, 5));
  assert.is(story.core.store.get(1, 4)?.byteLength, 4);
});

test('onResults lets small values ride along, and an empty one stand for a larger one', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { inlineBytes: 10 });
  story.results(0, [1], 0.001);
  story.compute(1, [1, 3], { describe: false, send: false, inlineBytes: 10 });
  story.results(0, [10, 11, 5]);
  assert.equal(story.out.values.at(-1)?.ends, Uint32Array.of(10, 10, 15));
  story.compute(1, [4, 1], { describe: false, send: false, inlineBytes: 10 });
  story.results(0, [11]);
  assert.is(story.out.values.at(-1), null);
  story.out.take();
});

test('onResults of a batch that is over is no news', (story) => {
  story.threads(1);
  story.compute(1, [0, 1]);
  story.results(0, [1]);
  story.results(0, [1]);
  assert.equal(story.out.take(), ['run 1:0 in 0 with the function', 'finished 1:0']);
});

test('onTaskError fails one task and goes on with the batch', (story) => {
  story.runBatch(3);
  story.results(0, [1]);
  story.error(0);
  story.results(0, [1]);
  assert.equal(story.out.take(), ['finished 1:1', 'failed 1:2: THROWN', 'finished 1:3']);
});

test('onThreadDied blames the task that ran, and gives back the others', (story) => {
  story.runBatch(5);
  story.out.started.set(0, 3);
  story.results(0, [1]);
  story.died(0);
  assert.equal(story.out.take(), [
    'finished 1:1',
    'returned 1:4,5',
    'returned 1:2',
    'failed 1:3: CRASHED',
    'replace 0',
  ]);
});

test('onThreadDied blames nobody if nothing ran', (story) => {
  story.threads(1);
  story.died(0);
  assert.equal(story.out.take(), ['replace 0']);
});

test('onThreadDied leaves the work to the thread that takes its place, which needs the function again', (story) => {
  story.threads(1);
  story.compute(1, [0, 2]);
  story.died(0);
  story.threads(1);
  assert.equal(story.out.take(), [
    'run 1:0 in 0 with the function',
    'failed 1:0: CRASHED',
    'replace 0',
    'run 1:1 in 0 with the function',
  ]);
});

test('onTimeout fails the task and tells it to stop; the thread is ended if it does not', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { timeoutMs: 10 });
  story.timeout(0);
  story.timeout(0);
  assert.equal(story.out.take(), ['run 1:0 in 0 with the function', 'failed 1:0: LATE', 'abort 0']);
  story.graceOver(0);
  assert.equal(story.out.take(), ['replace 0']);
});

test('onTimeout does not take the result that comes after it', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { timeoutMs: 10 });
  story.timeout(0);
  story.out.take();
  story.results(0, [1]);
  assert.not(story.core.store.hasAll(1, 0, 1));
  story.graceOver(0);
});

test('onTimeout and onGraceOver of a batch that is over are no news', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { timeoutMs: 10 });
  story.results(0, [1]);
  story.timeout(0);
  story.graceOver(0);
  story.compute(1, [1, 1], { describe: false, send: false });
  story.out.take();
  story.timeout(0, 1);
  story.graceOver(0, 1);
});

test.run();
