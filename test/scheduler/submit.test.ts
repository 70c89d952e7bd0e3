import * as assert from 'uvu/assert';
import { all, one } from '../support/scheduler-story.ts';
import { storySuite } from '../support/story-suite.ts';

const test = storySuite('onSubmitted');

test('readies all tasks of an array that needs nothing, and hands them out as slots are free', (story) => {
  story.join(1, 2);
  story.submit(1, 5);
  assert.equal(story.kinds(1), ['ready', 'ready', 'ready', 'ready', 'ready']);
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0,1 on a, attempt 0']);
});

test('refuses an array that exists already', (story) => {
  story.submit(1, 1);
  story.submit(1, 2);
  assert.equal(story.array(1).count, 1);
  assert.equal(story.out.take(), ['dropped of client 1: array 1 exists already']);
});

test('lets a task wait for one value of an array, not for the others', (story) => {
  story.join(1, 2);
  story.submit(1, 2);
  story.submit(2, 1, { shared: [one(1, 1)] });
  story.assign();
  story.finish(1, 1, [0, 1]);
  assert.equal(story.kinds(2), ['waiting']);
  story.finish(1, 1, [1, 1]);
  assert.equal(story.kinds(2), ['ready']);
  story.out.take();
});

test('lets all tasks wait for all values of an array', (story) => {
  story.join(1, 2);
  story.submit(1, 2);
  story.submit(2, 2, { shared: [all(1, 2)] });
  story.run(1, 1, 1);
  assert.equal(story.kinds(2), ['waiting', 'waiting']);
  story.finish(1, 1, [1, 1]);
  assert.equal(story.kinds(2), ['ready', 'ready']);
  story.out.take();
});

test('lets task i of a zip wait for value i, from the given start on', (story) => {
  story.join(1, 3);
  story.submit(1, 3);
  story.submit(2, 2, { zip: { array: 1, start: 1 } });
  story.assign();
  story.finish(1, 1, [0, 2]);
  assert.equal(story.kinds(2), ['ready', 'waiting']);
  story.finish(1, 1, [2, 1]);
  assert.equal(story.kinds(2), ['ready', 'ready']);
  story.out.take();
});

test('lets single tasks wait for what they alone need, besides what all need', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.submit(2, 1);
  story.submit(3, 2, { shared: [one(1)], own: new Map([[1, [one(2)]]]) });
  story.run(1, 1);
  assert.equal(story.kinds(3), ['ready', 'waiting']);
  story.cancel(2);
  assert.equal(story.kinds(3), ['ready', 'failed']);
  story.retry(3, 1, 1);
  story.run(1, 2);
  assert.is(story.array(3).ownMissing?.[1], 0);
});

test('counts a value once for each time that a task needs it', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.submit(2, 1, { shared: [one(1), one(1), all(1, 1)], own: new Map([[0, [one(1), one(1)]]]) });
  story.run(1, 1);
  assert.equal(story.kinds(2), ['ready']);
});

test('readies a task at once whose values are there already', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.submit(2, 1, { shared: [one(1)] });
  assert.equal(story.kinds(2), ['ready']);
});

test('fails all tasks of an array together if what all need has failed', (story) => {
  story.submit(1, 1);
  story.cancel(1);
  story.out.take();
  story.submit(2, 3, { shared: [one(1)] });
  assert.equal(story.out.take(), ['failed 2:0,1,2: ERR_CANCELLED of t1']);
});

test('fails those tasks of a zip whose values have failed', (story) => {
  story.submit(1, 3);
  story.cancel(1, 1, 1);
  story.out.take();
  story.submit(2, 3, { zip: { array: 1, start: 0 } });
  assert.equal(story.kinds(2), ['waiting', 'failed', 'waiting']);
  assert.equal(story.out.take(), ['failed 2:1: ERR_CANCELLED of t1']);
});

test('computes again what it needs and was released before', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.release(1);
  story.run(1, 1);
  story.run(1, 2);
  assert.equal(story.kinds(1), ['released']);
  story.submit(3, 1, { shared: [one(1)] });
  assert.equal(story.kinds(1), ['ready']);
  story.run(1, 1);
  assert.equal(story.kinds(3), ['ready']);
});

test('fails what needs scattered data that was released before', (story) => {
  story.join(1);
  story.announce(1);
  story.scattered(1, 0, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.release(1);
  story.run(1, 2);
  story.submit(3, 1, { shared: [one(1)] });
  assert.equal(story.out.take(), ['failed 3:0: ERR_DATA_LOST of t1']);
});

test.run();
