import * as assert from 'uvu/assert';
import { all, one, SchedulerStory } from '../support/scheduler-story.ts';
import { storySuite } from '../support/story-suite.ts';

const test = storySuite('workers that come and go');

test('onWorkerLost runs elsewhere what the worker had, started or not', (story) => {
  story.join(1, 2);
  story.submit(1, 2);
  story.assign();
  story.lose(1);
  assert.equal(story.kinds(1), ['ready', 'ready']);
  story.join(2, 2);
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0,1 on a, attempt 0', 'compute 1:0,1 on b, attempt 1']);
});

test('onWorkerLost says what was lost, by name', (story) => {
  story.join(1, 9);
  story.submit(1, 5); // has values that somebody wants
  story.submit(2, 1); // … and one that nobody does
  story.run(1, 1, 5);
  story.run(2, 1);
  story.release(2);
  story.announce(3);
  story.scattered(3, 0, 1);
  story.submit(4, 2);
  story.assign();
  const { restarted, failed, recomputed, gone } = story.lose(1);
  assert.equal(restarted, { count: 2, names: ['t4[0]', 't4[1]'] });
  assert.equal(failed, { count: 0, names: [] });
  assert.equal(recomputed, { count: 5, names: ['t1[0]', 't1[1]', 't1[2]'] });
  assert.equal(gone, { count: 1, names: ['t3'] });
  story.out.take();
});

test('onWorkerLost: a value of which another worker has a copy is not lost', (story) => {
  for (const id of [1, 2]) story.join(id);
  story.announce(1);
  for (const id of [1, 2]) story.scattered(1, 0, id);
  assert.is(story.lose(1).gone.count, 0);
  assert.equal(story.lose(2).gone, { count: 1, names: ['t1'] });
  story.out.take();
});

test('onWorkerLeaving: what has not started comes back and runs elsewhere; what runs is finished there', (story) => {
  story.join(1, 2);
  story.submit(1, 2);
  story.assign();
  story.join(2, 2);
  story.leaving(1);
  assert.equal(story.out.take(), ['compute 1:0,1 on a, attempt 0', 'retract from a']);
  story.giveBack(1, 1, [1, 1]);
  story.retracted(1);
  story.assign();
  assert.equal(story.out.take(), ['compute 1:1 on b, attempt 1']);
  story.finish(1, 1);
  story.submit(2, 1);
  story.assign();
  assert.not(story.out.take().some((asked) => asked.includes(' on a')));
});

test('onWorkerLeaving: where all leave, they go on', (story) => {
  story.join(1);
  story.join(2);
  story.leaving(1);
  story.submit(1, 1);
  story.leaving(2);
  story.submit(2, 1);
  story.assign();
  const asked = story.out.take();
  assert.ok(asked.some((one) => one.includes('on a')) && asked.some((one) => one.includes('on b')), String(asked));
});

test('onWorkerLost: a worker that leaves is needed again when the last other one is gone', (story) => {
  story.join(1);
  story.join(2);
  story.leaving(1);
  story.lose(2);
  story.submit(1, 1);
  story.assign();
  assert.equal(story.out.take(), ['compute 1:0 on a, attempt 0']);
});

test('onWorkerLost computes again the wanted values that it alone held', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.lose(1);
  assert.equal(story.kinds(1), ['ready']);
  assert.equal(story.out.take(), ['unfinished 1:0']);
});

test('onWorkerLost makes do with a copy', (story) => {
  story.join(1);
  story.join(2);
  story.submit(1, 1);
  story.run(1, 1);
  story.copied(2, 1);
  story.lose(1);
  assert.equal(story.kinds(1), ['memory']);
  assert.equal(story.out.take(), ['finished 1:0 at b']);
  story.lose(2);
  assert.equal(story.kinds(1), ['ready']);
  story.out.take();
});

test('onWorkerLost follows the lineage as far back as values were released', (story) => {
  story.join(1);
  for (const id of [1, 2, 3]) story.submit(id, 1, id === 1 ? {} : { shared: [one(id - 1)] });
  story.release(1);
  story.release(2);
  for (const id of [1, 2, 3]) story.run(1, id);
  story.lose(1);
  assert.equal(
    [1, 2, 3].flatMap((id) => story.kinds(id)),
    ['ready', 'waiting', 'waiting'],
  );
  assert.equal(story.out.take(), ['unfinished 3:0']);
  story.join(2);
  for (const id of [1, 2, 3]) story.run(2, id);
  assert.equal(
    [1, 2, 3].flatMap((id) => story.kinds(id)),
    ['released', 'released', 'memory'],
  );
});

test('onWorkerLost fails scattered data, and what needs it', (story) => {
  story.join(1);
  story.announce(1);
  story.scattered(1, 0, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.out.take();
  story.lose(1);
  assert.equal(story.out.take(), ['failed 1:0: ERR_DATA_LOST of t1', 'failed 2:0: ERR_DATA_LOST of t1']);
});

test('onWorkerLost fails a value that cannot be made again, because its scattered source was lost before', (story) => {
  story.join(1);
  story.join(2);
  story.announce(1);
  story.scattered(1, 0, 1);
  story.submit(2, 1, { shared: [one(1)] }, { workers: ['b'] });
  story.run(2, 2);
  story.lose(1);
  assert.equal(story.out.take(), ['failed 1:0: ERR_DATA_LOST of t1']);
  story.lose(2);
  assert.equal(story.out.take(), ['unfinished 2:0', 'failed 2:0: ERR_DATA_LOST of t1']);
});

test('onWorkerLost fails a value that cannot be made again, because its scattered source was released', (story) => {
  story.join(1);
  story.announce(1);
  story.scattered(1, 0, 1);
  story.submit(2, 1, { shared: [one(1)] });
  story.run(1, 2);
  story.release(1);
  story.out.take();
  story.lose(1);
  assert.equal(story.out.take(), ['unfinished 2:0', 'failed 2:0: ERR_DATA_LOST of t1']);
});

test('onWorkerLost fails a task that took down too many workers, until it is retried', () => {
  const story = new SchedulerStory(1);
  story.submit(1, 1);
  for (const id of [1, 2]) {
    story.join(id);
    story.assign();
    story.lose(id);
  }
  assert.equal(story.kinds(1), ['failed']);
  assert.is(story.out.take().at(-1), 'failed 1:0: ERR_WORKER_LOST of t1');
  story.retry(1);
  story.join(3);
  story.assign();
  story.lose(3);
  assert.equal(story.kinds(1), ['ready']);
});

test('onWorkerLost of a worker that nobody knows is no news', (story) => {
  story.lose(7);
});

test('onWorkersExhausted fails whatever has not settled', (story) => {
  story.join(1);
  story.submit(1, 1);
  story.run(1, 1);
  story.submit(2, 2, { shared: [all(1, 1)] });
  story.submit(3, 1, { shared: [one(2)] });
  story.exhausted();
  assert.equal(story.out.take(), ['failed 2:0,1: ERR_NO_WORKERS of t2', 'failed 3:0: ERR_NO_WORKERS of t3']);
  assert.equal(story.kinds(1), ['memory']);
});

test.run();
