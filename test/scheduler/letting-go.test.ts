import * as assert from 'uvu/assert';
import { all, one } from '../support/scheduler-story.ts';
import { storySuite } from '../support/story-suite.ts';

const test = storySuite('what clients let go of');

test('onReleased deletes a value, and forgets the array with the last of them', (story) => {
  story.join(1);
  story.submit(1, 2);
  story.run(1, 1, 2);
  story.release(1, 0, 1);
  assert.equal(story.out.take(), ['free 1:0 on a']);
  story.release(1, 1, 1);
  assert.equal(story.out.take(), ['free 1:1 on a', 'forget 1 on a']);
  assert.is(story.core.arrays.size, 0);
});

test('onReleased deletes every copy', (story) => {
  story.join(1);
  story.join(2);
  story.submit(1, 1);
  story.run(1, 1);
  story.copied(2, 1);
  story.release(1);
  assert.equal(story.out.take(), ['free 1:0 on a', 'free 1:0 on b', 'forget 1 on a', 'forget 1 on b']);
});

test('onReleased stops what runs', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.assign();
  story.release(1);
  assert.equal(story.out.take(), ['compute 1:0 on a, attempt 0', 'abandon 1:0 on a', 'forget 1 on a']);
});

test('onReleased keeps a value as long as a task needs it, and then only the description', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.release(1);
  assert.equal(story.kinds(1), ['memory']);
  story.assign();
  story.finish(1, 2);
  assert.equal(story.kinds(1), ['released']);
  assert.equal(story.out.take(), ['compute 2:0 on a, attempt 0', 'finished 2:0 at a', 'free 1:0 on a']);
  story.release(2);
  assert.equal(story.out.take(), ['free 2:0 on a', 'forget 2 on a', 'forget 1 on a']);
  assert.is(story.core.arrays.size, 0);
});

test('onReleased lets values of a zip go one by one, as they are used up', (story) => {
  story.join(1, 2);
  story.submit(1, 2);
  story.submit(2, 2, { zip: { array: 1, start: 0 } });
  story.release(1);
  story.run(1, 1, 2);
  story.assign();
  story.out.take();
  story.finish(1, 2, [1, 1]);
  assert.equal(story.kinds(1), ['memory', 'released']);
  assert.equal(story.out.take(), ['finished 2:1 at a', 'free 1:1 on a']);
});

test('onReleased of what was released already changes nothing', (story) => {
  story.submit(1, 2);
  story.release(1, 0, 1);
  story.release(1, 0, 1);
  assert.equal(story.kinds(1), ['released', 'ready']);
  story.release(1);
  story.release(1);
});

test('onGivenUp stops what runs, and fails what waits for it', (story) => {
  story.join(1);
  story.submit(1, 2);
  story.submit(2, 1, { shared: [all(1, 2)] });
  story.assign();
  story.out.take();
  story.cancel(1, 0, 1);
  assert.equal(story.out.take(), [
    'abandon 1:0 on a',
    'failed 1:0: ERR_CANCELLED of t1',
    'failed 2:0: ERR_CANCELLED of t1',
  ]);
  assert.equal(story.kinds(1), ['failed', 'ready']);
});

test('onGivenUp leaves alone what has settled', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.cancel(1);
  assert.equal(story.kinds(1), ['memory']);
});

test('onRetried runs a failed chain again from where it failed', (story) => {
  story.join(1);
  for (const id of [1, 2, 3]) story.submit(id, 1, id === 1 ? {} : { shared: [one(id - 1)] });
  story.assign();
  story.fail(1, 1);
  story.out.take();
  story.retry(3);
  assert.equal(
    [1, 2, 3].flatMap((id) => story.kinds(id)),
    ['ready', 'waiting', 'waiting'],
  );
  assert.equal(story.out.take(), ['unfinished 3:0', 'unfinished 2:0', 'unfinished 1:0']);
  for (const id of [1, 2, 3]) story.run(1, id);
  assert.equal(story.kinds(3), ['memory']);
});

test('onRetried goes through links of the chain that were released', (story) => {
  story.join(1);
  for (const id of [1, 2, 3]) story.submit(id, 1, id === 1 ? {} : { shared: [one(id - 1)] });
  story.release(2);
  story.cancel(1);
  assert.equal(
    [1, 2, 3].flatMap((id) => story.kinds(id)),
    ['failed', 'released', 'failed'],
  );
  story.out.take();
  story.retry(3);
  assert.equal(
    [1, 2, 3].flatMap((id) => story.kinds(id)),
    ['ready', 'waiting', 'waiting'],
  );
  assert.equal(story.out.take(), ['unfinished 3:0', 'unfinished 1:0']);
});

test('onRetried fails again at once what needs lost data', (story) => {
  story.join(1);
  story.announce(1);
  story.scattered(1, 0, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.lose(1);
  story.out.take();
  story.retry(2);
  assert.equal(story.out.take(), ['unfinished 2:0', 'failed 2:0: ERR_DATA_LOST of t1']);
});

test('onRetried gives a task all its retries again', (story) => {
  story.join(1);
  story.submit(1, 1, {}, { retries: 1 });
  for (const attempt of [0, 1]) {
    story.assign();
    story.fail(1, 1, 0, { attempt });
  }
  story.retry(1);
  story.assign();
  story.fail(1, 1, 0, { attempt: 2 });
  assert.equal(story.kinds(1), ['ready']);
  story.out.take();
});

test('onRetried leaves alone what has not failed', (story) => {
  story.submit(1, 1);
  story.retry(1);
  assert.equal(story.kinds(1), ['ready']);
});

test('onClientGone leaves nothing of that client, and all of the others', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.submit(3, 1, { shared: [one(2)] });
  story.assign();
  story.out.take();
  story.clientGone(2);
  assert.is(story.core.arrays.size, 3);
  story.clientGone(1);
  assert.is(story.core.arrays.size, 0);
  assert.equal(story.out.take(), ['abandon 2:0 on a', 'forget 2 on a', 'free 1:0 on a', 'forget 1 on a']);
});

test.run();
