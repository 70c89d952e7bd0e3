import * as assert from 'uvu/assert';
import { held } from '../../support/worker-story.ts';
import { workerSuite } from '../../support/worker-story-suite.ts';

const test = workerSuite('onCompute');

test('starts tasks on idle threads, and sends the function to each thread once', (story) => {
  story.threads(2);
  story.compute(1, [0, 3]);
  assert.equal(story.out.take(), ['run 1:0 in 0 with the function', 'run 1:1 in 1 with the function']);
  story.results(0, [1], 100);
  assert.equal(story.out.take(), ['finished 1:0', 'run 1:2 in 0']);
});

test('keeps tasks until a thread comes up', (story) => {
  story.compute(1, [0, 1]);
  assert.equal(story.out.take(), []);
  story.threads(1);
  assert.equal(story.out.take(), ['run 1:0 in 0 with the function']);
});

test('gives back tasks of an array that was never described', (story) => {
  story.threads(1);
  story.compute(1, [0, 2], { describe: false });
  assert.equal(story.out.take(), ['returned 1:0,1', 'dropped: array 1 or its function was never described']);
});

test('gives back tasks whose function never came', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { send: false });
  assert.equal(story.out.take(), ['returned 1:0', 'dropped: array 1 or its function was never described']);
});

test('needs description and function only once', (story) => {
  story.threads(1);
  story.compute(1, [0, 1]);
  story.results(0, [1]);
  story.compute(1, [1, 1], { describe: false, send: false });
  story.results(0, [1]);
  story.compute(2, [0, 1], { send: false });
  assert.is(story.out.take().at(-1), 'run 2:0 in 0');
});

test('hands short tasks to a thread together, and leaves some for the other threads', (story) => {
  story.threads(2);
  story.compute(1, [0, 1]);
  story.results(0, [1], 0.01);
  story.out.take();
  story.compute(1, [1, 100], { describe: false, send: false });
  assert.equal(
    [0, 1].map((slot) => story.out.batches.get(slot)?.count),
    [50, 25],
  );
  story.out.take();
});

test('hands long tasks, and tasks with a time limit, to threads one by one', (story) => {
  story.threads(1);
  story.compute(1, [0, 3]);
  story.results(0, [1], 1000);
  assert.is(story.out.batches.get(0)?.count, 1);
  story.abandon(1, 0, 3);
  story.results(0, [1]);
  story.compute(2, [0, 3], { timeoutMs: 10 });
  story.results(0, [1], 0.001);
  assert.is(story.out.batches.get(0)?.count, 1);
  story.out.take();
});

test('fetches what is not here, once for all that wait for it', (story) => {
  story.threads(2);
  const shared = [held(9, [0, 1], 5)];
  story.compute(1, [0, 1], { shared });
  story.compute(2, [0, 1], { shared, send: false });
  assert.equal(story.out.take(), ['fetch 9:0 from 5']);
  story.fetched('9:0:1:5', 3);
  assert.equal(story.out.take(), ['copied 9:0', 'run 1:0 in 0 with the function', 'run 2:0 in 1 with the function']);
  story.compute(3, [0, 1], { shared, send: false });
  assert.equal(story.out.take(), [], 'it is here now');
});

test('waits for all stretches of a list of values', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { shared: [held(9, [0, 2], 5, 6)] });
  assert.equal(story.out.take(), ['fetch 9:0 from 5', 'fetch 9:1 from 6']);
  story.fetched('9:1:1:6', 3);
  assert.equal(story.out.take(), ['copied 9:1']);
  story.fetched('9:0:1:5', 3);
  assert.equal(story.out.take(), ['copied 9:0', 'run 1:0 in 0 with the function']);
  assert.equal(story.out.batches.get(0)?.shared[0]?.values.ends, Uint32Array.of(3, 6));
});

test('lets tasks with values of their own start one by one, as these arrive', (story) => {
  story.threads(2);
  story.compute(1, [4, 2], { own: [[held(9, [0, 1], 5)], [held(9, [1, 1], 5)]] });
  assert.equal(story.out.take(), ['fetch 9:0 from 5', 'fetch 9:1 from 5']);
  story.fetched('9:1:1:5', 3);
  assert.equal(story.out.take(), ['copied 9:1', 'run 1:5 in 0 with the function']);
  assert.is(story.out.batches.get(0)?.own.length, 1);
  story.fetched('9:0:1:5', 3);
  assert.equal(story.out.take(), ['copied 9:0', 'run 1:4 in 1 with the function']);
});

test('gives back all that waits for a value that cannot be had, and forgets what else that waited for', (story) => {
  story.threads(1);
  story.compute(1, [0, 2], { shared: [held(9, [0, 1], 5), held(8, [0, 1], 6)] });
  story.compute(2, [0, 1], { shared: [held(9, [0, 1], 5)], send: false });
  story.out.take();
  story.fetchFailed('9:0:1:5');
  assert.equal(story.out.take(), ['returned 1:0,1: no 9:0 at 5', 'returned 2:0: no 9:0 at 5']);
  story.fetched('8:0:1:6', 3);
  story.fetchFailed('8:0:1:6');
});

test('fetches again what was deleted while a task was queued for a thread', (story) => {
  story.threads(1);
  story.compute(1, [0, 1]);
  story.compute(2, [0, 1], { shared: [held(9, [0, 1], 5)], send: false });
  story.fetched('9:0:1:5', 3);
  story.out.take();
  story.free(9, 0, 1);
  story.results(0, [1]);
  assert.equal(story.out.take(), ['finished 1:0', 'fetch 9:0 from 5']);
});

test('takes a new description, when values have moved', (story) => {
  story.threads(1);
  story.compute(1, [0, 1], { shared: [held(9, [0, 1], 5)] });
  story.fetchFailed('9:0:1:5');
  story.compute(1, [0, 1], { shared: [held(9, [0, 1], 6)], send: false, attempt: 1 });
  assert.is(story.out.take().at(-1), 'fetch 9:0 from 6');
  assert.is(story.core.users.get('f'), 1);
});

test.run();
