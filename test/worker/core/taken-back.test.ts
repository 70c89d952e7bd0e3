import * as assert from 'uvu/assert';
import { held } from '../../support/worker-story.ts';
import { workerSuite } from '../../support/worker-story-suite.ts';

const test = workerSuite('what the scheduler takes back');

test('onRetract gives back what is queued, and what a thread has not started', (story) => {
  story.runBatch(4);
  story.compute(2, [0, 2], { fn: 'g' });
  story.out.started.set(0, 2);
  story.retract();
  assert.equal(story.out.take(), ['returned 2:0,1', 'returned 1:3,4', 'retracted']);
  story.results(0, [1, 1]);
  assert.equal(story.out.take(), ['finished 1:1,2']);
});

test('onRetract leaves a thread idle that had not begun with its batch', (story) => {
  story.runBatch(4);
  story.out.started.set(0, 0);
  story.retract();
  assert.equal(story.out.take(), ['returned 1:1,2,3,4', 'retracted']);
  story.compute(1, [1, 1], { describe: false, send: false });
  assert.equal(story.out.take(), ['run 1:1 in 0']);
});

test('onRetract answers though there is nothing to give back', (story) => {
  story.retract();
  assert.equal(story.out.take(), ['retracted']);
});

test('onRetract leaves what waits for a value', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { shared: [held(9, [0, 1], 5)] });
  story.out.take();
  story.retract();
  assert.equal(story.out.take(), ['retracted']);
  story.fetched('9:0:1:5', 3);
  assert.equal(story.out.take(), ['copied 9:0', 'run 1:0 in 0 with the function']);
});

test('onAbandon forgets queued tasks, also out of the middle', (story) => {
  story.threads(1);
  story.compute(1, [0, 5]);
  story.abandon(1, 2, 2);
  story.out.take();
  for (let i = 0; i < 3; i++) story.results(0, [1], 1000);
  assert.equal(story.out.take(), ['finished 1:0', 'run 1:1 in 0', 'finished 1:1', 'run 1:4 in 0', 'finished 1:4']);
});

test('onAbandon forgets tasks that wait for a value, out of the middle, and only those', (story) => {
  story.threads(1);
  story.compute(1, [0, 3], { shared: [held(9, [0, 1], 5), held(8, [0, 1], 5)] });
  story.out.take();
  story.abandon(1, 1, 1);
  story.fetched('9:0:1:5', 3);
  story.fetched('8:0:1:5', 3);
  assert.equal(story.out.take(), ['copied 9:0', 'copied 8:0', 'run 1:0 in 0 with the function']);
  story.results(0, [1], 1000);
  assert.equal(story.out.take(), ['finished 1:0', 'run 1:2 in 0']);
});

test('onAbandon gives back the rest once, if what that waits for cannot be had', (story) => {
  story.threads(1);
  story.compute(1, [0, 3], { shared: [held(9, [0, 1], 5), held(8, [0, 1], 5)] });
  story.abandon(1, 1, 1);
  story.out.take();
  story.fetchFailed('9:0:1:5');
  assert.equal(story.out.take(), ['returned 1:0: no 9:0 at 5', 'returned 1:2: no 9:0 at 5']);
  story.fetchFailed('8:0:1:5');
});

test('onAbandon forgets the fetch that nobody waits for any more', (story) => {
  story.compute(1, [0, 1], { shared: [held(9, [0, 1], 5)] });
  story.out.take();
  story.abandon(1, 0, 1);
  assert.is(story.core.fetches.size, 0);
  story.fetched('9:0:1:5', 3);
  assert.is(story.core.store.byteLength, 0);
});

test('onAbandon tells a running task to stop; its thread is ended if it does not', (story) => {
  story.threads(1);
  story.compute(1, [0, 1]);
  story.out.take();
  story.abandon(1, 0, 1);
  assert.equal(story.out.take(), ['abort 0']);
  story.graceOver(0);
  assert.equal(story.out.take(), ['replace 0']);
});

test('onAbandon takes no results of the tasks, and goes on with the others that have started', (story) => {
  story.runBatch(4);
  story.out.started.set(0, 3);
  story.abandon(1, 2, 1);
  assert.equal(story.out.take(), ['returned 1:4']);
  story.results(0, [1, 1, 1]);
  assert.equal(story.out.take(), ['finished 1:1', 'finished 1:3']);
  assert.not(story.core.store.hasAll(1, 2, 1));
});

test('onAbandon leaves a thread idle that has spoken of all that it started', (story) => {
  story.runBatch(4);
  story.results(0, [1, 1]);
  story.out.started.set(0, 2);
  story.abandon(1, 3, 2);
  assert.equal(story.out.take(), ['finished 1:1,2']);
  story.compute(2, [0, 1], { send: false });
  assert.equal(story.out.take(), ['run 2:0 in 0']);
});

test('onGraceOver gives back what the thread had computed and not handed over', (story) => {
  story.runBatch(4);
  story.out.started.set(0, 3);
  story.abandon(1, 3, 1);
  assert.equal(story.out.take(), ['returned 1:4', 'abort 0']);
  story.graceOver(0);
  assert.equal(story.out.take(), ['returned 1:1,2', 'replace 0']);
});

test('onAbandon of another array touches nothing', (story) => {
  story.runBatch(2);
  story.compute(2, [0, 1], { send: false, shared: [held(9, [0, 1], 5)] });
  story.out.take();
  story.abandon(3, 0, 10);
  assert.is(story.core.fetches.size, 1);
});

test('onFree deletes values', (story) => {
  story.threads(1);
  story.compute(1, [0, 2]);
  for (let i = 0; i < 2; i++) story.results(0, [3], 1000);
  story.out.take();
  story.free(1, 0, 1);
  assert.is(story.core.store.get(1, 0), undefined);
  assert.is(story.core.store.get(1, 1)?.byteLength, 3);
});

test('onFree of a whole array forgets its function with the last array that uses it', (story) => {
  story.threads(1);
  story.compute(1, [0, 1]);
  story.results(0, [1]);
  story.compute(2, [0, 1], { send: false });
  story.results(0, [1]);
  story.out.take();
  story.free(1);
  assert.ok(story.core.functions.has('f'));
  story.free(2);
  assert.equal(story.out.take(), ['forget f in 0']);
  assert.is(
    story.core.functions.size + story.core.users.size + story.core.arrays.size + story.core.store.byteLength,
    0,
  );
  story.free(2);
});

test('onFree while a task of the array runs lets it end unheard', (story) => {
  story.threads(1);
  story.compute(1, [0, 1]);
  story.abandon(1, 0, 1);
  story.free(1);
  story.out.take();
  story.results(0, [1]);
  assert.is(story.core.store.byteLength, 0);
  story.compute(1, [0, 1]);
  assert.equal(story.out.take(), ['run 1:0 in 0 with the function']);
});

test.run();
