import * as assert from 'uvu/assert';
import { storySuite } from '../support/story-suite.ts';

const test = storySuite('balanceTasks');

test('asks a silent worker for its queue once another has room', (story) => {
  story.join(1);
  story.submit(1, 100);
  story.assign();
  story.finish(1, 1, [0, 1], { ms: 0.1 });
  story.assign();
  story.join(2);
  for (const id of [1, 2]) assert.ok(story.core.workers.has(id));
  story.out.take();
  const queued = story.core.workers.get(1)?.outstanding as number;
  story.cancel(1, queued + 1, 100);
  story.out.take();
  story.balance();
  assert.equal(story.out.take(), [], 'it has been heard of just now');
  story.now += 100;
  story.balance();
  story.balance();
  assert.equal(story.out.take(), ['retract from a']);
  story.giveBack(1, 1, [2, queued - 1]);
  story.retracted(1);
  story.assign();
  assert.ok((story.core.workers.get(2)?.outstanding as number) > 0);
  assert.is(story.core.workers.get(1)?.outstanding, 1);
  story.out.take();
});

test('asks for nothing that the idle worker may not run', (story) => {
  story.join(1);
  story.submit(1, 100, {}, { workers: ['a'] });
  story.assign();
  story.finish(1, 1, [0, 1], { ms: 0.1 });
  story.assign();
  story.join(2);
  story.out.take();
  story.now += 100;
  story.balance();
});

test.run();
