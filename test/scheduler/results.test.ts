import * as assert from 'uvu/assert';
import { one } from '../support/scheduler-story.ts';
import { storySuite } from '../support/story-suite.ts';

const test = storySuite('what workers report');

test('onTasksFinished tells the client, and readies what waited', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0 on a, attempt 0']);
  story.finish(1, 1);
  assert.equal(story.out.take(), ['finished 1:0 at a']);
  story.assign();
  assert.equal(story.out.take(), ['compute 2:0 on a, attempt 0']);
});

test('onTasksFinished takes part of what was handed over, in any order', (story) => {
  story.join(1, 4);
  story.submit(1, 4);
  story.assign();
  story.finish(1, 1, [2, 2]);
  story.finish(1, 1, [0, 1]);
  assert.equal(story.kinds(1), ['memory', 'running', 'memory', 'memory']);
  assert.equal(story.out.take(), ['compute 1:0,1,2,3 on a, attempt 0', 'finished 1:2,3 at a', 'finished 1:0 at a']);
});

test('onTasksFinished deletes the late result of a task that was cancelled', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.assign();
  story.cancel(1);
  story.out.take();
  story.finish(1, 1);
  assert.equal(story.kinds(1), ['failed']);
  assert.equal(story.out.take(), [
    'free 1:0 on a',
    'dropped of worker a: attempt 0 of 1 tasks from t1 is not the current one',
  ]);
});

test('onTasksFinished takes the late result of an earlier attempt for the one that the same worker runs now', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.assign();
  story.cancel(1);
  story.retry(1);
  story.assign();
  story.out.take();
  story.finish(1, 1, [0, 1], { attempt: 0 });
  assert.equal(story.kinds(1), ['memory']);
  assert.equal(story.out.take(), [
    'finished 1:0 at a',
    'dropped of worker a: attempt 0 of 1 tasks from t1 is not the current one',
  ]);
});

test('onTasksFinished tells a worker to forget an array that nobody knows', (story) => {
  story.join(1);
  story.finish(1, 9);
  assert.equal(story.out.take(), ['forget 9 on a', 'dropped of worker a: array 9 is unknown']);
});

test('onTasksFinished drops what a worker says that was given up', (story) => {
  story.submit(1, 1);
  story.finish(1, 1);
  assert.equal(story.out.take(), ['dropped of worker 1: it was given up']);
});

test('onTaskFailed tries again as often as retries allow, under a higher attempt, then fails', (story) => {
  story.join(1);
  story.submit(1, 1, {}, { retries: 1 });
  story.assign();
  story.fail(1, 1);
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0 on a, attempt 0', 'compute 1:0 on a, attempt 1']);
  story.fail(1, 1, 0, { attempt: 1 });
  assert.equal(story.out.take(), ['failed 1:0: THROWN of t1']);
});

test('onTaskFailed does not try again what would fail again', (story) => {
  story.join(1);
  story.submit(1, 1, {}, { retries: 5 });
  story.assign();
  story.fail(1, 1, 0, { retry: false });
  assert.equal(story.out.take(), ['compute 1:0 on a, attempt 0', 'failed 1:0: THROWN of t1']);
});

test('onTaskFailed fails all that needs the task, near and far, and nothing else', (story) => {
  story.join(1, 2);
  story.submit(1, 2);
  story.submit(2, 2, { zip: { array: 1, start: 0 } });
  story.submit(3, 1, { shared: [one(2, 0)] });
  story.submit(4, 1, { shared: [one(2, 1)] });
  story.assign();
  story.out.take();
  story.fail(1, 1, 0);
  assert.equal(story.out.take(), [
    'failed 1:0: THROWN of t1[0]',
    'failed 2:0: THROWN of t1[0]',
    'failed 3:0: THROWN of t1[0]',
  ]);
  assert.equal(story.kinds(4), ['waiting']);
});

test('onTasksReturned puts tasks back, and takes no retry from them', (story) => {
  story.join(1, 2);
  story.submit(1, 2);
  story.assign();
  story.giveBack(1, 1, [1, 1]);
  assert.equal(story.kinds(1), ['running', 'ready']);
  assert.equal(story.array(1).retriesUsed.size, 0);
  assert.equal(story.out.take(), ['compute 1:0,1 on a, attempt 0']);
});

test('onTasksReturned drops what is not with the worker any more', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.assign();
  story.giveBack(1, 1);
  story.giveBack(1, 1);
  assert.equal(story.kinds(1), ['ready']);
  assert.equal(story.out.take(), [
    'compute 1:0 on a, attempt 0',
    'dropped of worker a: attempt 0 of 1 tasks from t1 is not the current one',
  ]);
});

test('onValueMissing computes a value again that could not be had', (story) => {
  story.join(1);
  story.join(2);
  story.submit(1, 1);
  story.run(1, 1);
  story.missing(2, one(1), 1);
  assert.equal(story.kinds(1), ['ready']);
  assert.equal(story.out.take(), ['free 1:0 on a', 'unfinished 1:0']);
});

test('onValueMissing turns to another copy if there is one', (story) => {
  story.join(1);
  story.join(2);
  story.submit(1, 1);
  story.run(1, 1);
  story.copied(2, 1);
  story.missing(2, one(1), 1);
  assert.equal(story.kinds(1), ['memory']);
  assert.equal(story.out.take(), ['free 1:0 on a', 'finished 1:0 at b']);
});

test('onValueMissing is no news if the value is at another worker by now', (story) => {
  story.join(1);
  story.join(2);
  story.join(3);
  story.submit(1, 1);
  story.run(1, 1);
  story.lose(1);
  story.out.take();
  story.run(2, 1);
  story.missing(3, one(1), 1);
  assert.equal(story.kinds(1), ['memory']);
});

test('onCopiesMade deletes the copy of a value that was released meanwhile', (story) => {
  story.join(1);
  story.submit(1, 2);
  story.run(1, 1, 2);
  story.join(2);
  story.release(1, 0, 1);
  assert.equal(story.out.take(), ['free 1:0 on a']);
  story.copied(2, 1, [0, 2]);
  assert.equal(story.out.take(), ['free 1:0 on b']);
  assert.ok(story.array(1).copies.get(2)?.has(1));
});

test('onCopiesMade takes the copy of a lost value if the same worker is about to compute it', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.join(2);
  story.lose(1);
  story.assign();
  assert.equal(story.out.take(), ['unfinished 1:0', 'compute 1:0 on b, attempt 1']);
  story.copied(2, 1);
  assert.equal(story.kinds(1), ['memory']);
  assert.equal(story.out.take(), ['finished 1:0 at b']);
});

test('onScattered adds a second copy, and deletes a value that nobody expects without touching its neighbours', (story) => {
  story.join(1);
  story.join(2);
  story.announce(1, 2);
  story.scattered(1, 0, 1);
  story.scattered(1, 0, 2);
  assert.equal(story.out.take(), ['finished 1:0 at a']);
  story.cancel(1, 1, 1);
  story.out.take();
  story.scattered(1, 1, 1);
  assert.equal(story.out.take(), ['dropped of a client: value 1 of array 1 is not expected', 'free 1:1 on a']);
});

test('onScattered fails what was put on a worker that is gone', (story) => {
  story.announce(1);
  story.scattered(1, 0, 7);
  assert.equal(story.out.take(), ['failed 1:0: ERR_DATA_LOST of t1']);
});

test.run();
