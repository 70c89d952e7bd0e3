import * as assert from 'uvu/assert';
import { one } from '../support/scheduler-story.ts';
import { storySuite } from '../support/story-suite.ts';

const test = storySuite('assignTasks');

test('gives one task of an unknown function to each free slot, the least busy worker first', (story) => {
  story.join(1, 1);
  story.join(2, 2);
  story.submit(1, 5);
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0 on a, attempt 0', 'compute 1:1,2 on b, attempt 0']);
});

test('queues short tasks at a worker once it knows how short they are', (story) => {
  story.join(1);
  story.submit(1, 1000);
  story.assign();
  story.finish(1, 1, [0, 1], { ms: 0.1 });
  story.assign();
  const queued = story.core.workers.get(1)?.outstanding ?? 0;
  assert.ok(queued > 20 && queued < 100, `${queued} tasks of 0.1 ms are queued`);
  story.out.take();
});

test('queues nothing behind long tasks', (story) => {
  story.join(1);
  story.submit(1, 10);
  story.assign();
  story.finish(1, 1, [0, 1], { ms: 1000 });
  story.assign();
  assert.is(story.core.workers.get(1)?.outstanding, 1);
  story.out.take();
});

test('queues nothing behind a task that turns out to be long', (story) => {
  story.join(1);
  story.submit(1, 1000);
  story.assign();
  story.finish(1, 1, [0, 1], { ms: 0.1 });
  story.assign();
  story.finish(1, 1, [1, 20], { ms: 0.1 });
  const before = story.core.workers.get(1)?.outstanding;
  story.now += 100;
  story.assign();
  assert.is(story.core.workers.get(1)?.outstanding, before);
  story.out.take();
});

test('takes what has a higher priority first, and else what was submitted first', (story) => {
  story.submit(1, 1);
  story.submit(2, 1);
  story.submit(3, 1, {}, { priority: 1 });
  story.join(1, 3);
  story.assign();
  assert.equal(story.out.take(), [
    'compute 3:0 on a, attempt 0',
    'compute 1:0 on a, attempt 0',
    'compute 2:0 on a, attempt 0',
  ]);
});

test('takes an array again whose tasks became ready later', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.submit(2, 1);
  story.assign();
  story.giveBack(1, 1);
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0 on a, attempt 0', 'compute 1:0 on a, attempt 1']);
});

test('gives restricted tasks to nobody else, by name or by host, and lets others pass', (story) => {
  story.join(1, 2, 'one');
  story.submit(1, 1, {}, { workers: ['b'] });
  story.submit(2, 1, {}, { workers: ['one'] });
  story.submit(3, 1);
  story.assign();
  assert.equal(story.out.take(), ['compute 2:0 on a, attempt 0', 'compute 3:0 on a, attempt 0']);
  story.join(2, 1, 'two');
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0 on b, attempt 0']);
});

test('prefers the named workers if others may run the task too', (story) => {
  story.join(1);
  story.join(2);
  story.submit(1, 3, {}, { workers: ['b'], allowOtherWorkers: true });
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0 on b, attempt 0', 'compute 1:1 on a, attempt 0']);
});

test('prefers the worker that holds most of what a task needs', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.join(2);
  story.join(3);
  story.submit(2, 1, {}, { workers: ['b'] });
  story.run(2, 2);
  story.submit(3, 1, {}, { workers: ['b'] });
  story.run(2, 3);
  story.submit(4, 1, { shared: [one(1), one(2), one(3)] });
  story.assign();
  assert.equal(story.out.take(), ['compute 4:0 on b, attempt 0']);
});

test('keeps attempts apart: tasks of one message have the same', (story) => {
  story.join(1, 3);
  story.submit(1, 3);
  story.assign();
  story.giveBack(1, 1, [1, 1]);
  story.giveBack(1, 1, [0, 1]);
  story.giveBack(1, 1, [2, 1]);
  story.out.take();
  story.cancel(1, 1, 1);
  story.retry(1, 1, 1);
  story.out.take();
  story.assign();
  assert.equal(story.out.take(), [
    'compute 1:0 on a, attempt 1',
    'compute 1:1 on a, attempt 2',
    'compute 1:2 on a, attempt 1',
  ]);
});

test.run();
