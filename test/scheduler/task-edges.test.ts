/** One story for every edge of `TASK_EDGES`: what a task may do, and why it does. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TASK_EDGES, TASK_KINDS } from '../../src/scheduler/core/task-state.ts';
import { all, one, SchedulerStory } from '../support/scheduler-story.ts';

const test = suite('TASK_EDGES');

/** Each story moves a task of array 2 along its edge. */
const STORIES: Record<string, (story: SchedulerStory) => void> = {
  'waiting > ready': (story) => {
    chain(story);
    story.run(1, 1);
  },
  'waiting > memory': (story) => {
    story.join(1);
    story.announce(2);
    story.scattered(2, 0, 1);
  },
  'waiting > failed': (story) => {
    chain(story);
    story.cancel(1);
  },
  'waiting > released': (story) => {
    chain(story);
    story.release(2);
  },
  'ready > running': (story) => {
    story.join(1);
    story.submit(2, 1);
    story.assign();
  },
  'ready > waiting': (story) => {
    story.join(1);
    story.submit(1, 1);
    story.run(1, 1);
    story.submit(2, 1, { shared: [one(1)] });
    story.lose(1);
  },
  'ready > failed': (story) => {
    story.submit(2, 1);
    story.cancel(2);
  },
  'ready > released': (story) => {
    story.submit(2, 1);
    story.submit(3, 1, { shared: [one(2)] });
    story.release(2);
    story.release(3);
  },
  'running > memory': (story) => {
    running(story);
    story.finish(1, 2);
  },
  'running > failed': (story) => {
    running(story);
    story.fail(1, 2);
  },
  'running > ready': (story) => {
    running(story);
    story.giveBack(1, 2);
  },
  'running > waiting': (story) => {
    chain(story);
    story.run(1, 1);
    story.assign();
    story.missing(1, one(1), 1);
    story.giveBack(1, 2);
  },
  'running > released': (story) => {
    running(story);
    story.submit(3, 1, { shared: [one(2)] });
    story.release(2);
    story.release(3);
  },
  'memory > ready': (story) => {
    inMemory(story);
    story.lose(1);
  },
  'memory > waiting': (story) => {
    chain(story);
    story.run(1, 1);
    story.run(1, 2);
    story.lose(1);
  },
  'memory > failed': (story) => {
    story.join(1);
    story.announce(2);
    story.scattered(2, 0, 1);
    story.lose(1);
  },
  'memory > released': (story) => {
    inMemory(story);
    story.submit(3, 1, { shared: [one(2)] });
    story.release(2);
    story.run(1, 3);
  },
  'failed > ready': (story) => {
    running(story);
    story.fail(1, 2);
    story.retry(2);
  },
  'failed > waiting': (story) => {
    chain(story);
    story.cancel(1);
    story.retry(2);
  },
  'failed > released': (story) => {
    running(story);
    story.submit(3, 1, { shared: [one(2)] });
    story.fail(1, 2);
    story.release(2);
  },
  'released > ready': (story) => {
    inMemory(story);
    story.submit(3, 1, { shared: [one(2)] });
    story.release(2);
    story.run(1, 3);
    story.lose(1);
  },
  'released > waiting': (story) => {
    chain(story);
    story.submit(3, 1, { shared: [one(2)] });
    for (const id of [1, 2, 3]) story.run(1, id);
    story.release(1);
    story.release(2);
    story.lose(1);
  },
};

/** Array 2 needs array 1, which a worker could run. */
function chain(story: SchedulerStory): void {
  story.join(1);
  story.submit(1, 1);
  story.submit(2, 1, { shared: [all(1, 1)] });
}

function running(story: SchedulerStory): void {
  story.join(1);
  story.submit(2, 1);
  story.assign();
}

function inMemory(story: SchedulerStory): void {
  running(story);
  story.finish(1, 2);
}

for (const [edge, tell] of Object.entries(STORIES)) {
  test(`${edge} can be taken`, () => {
    const story = new SchedulerStory();
    tell(story);
    const taken = story.out.steps.filter(({ array }) => array === 2).map(({ from, to }) => `${from} > ${to}`);
    assert.ok(taken.includes(edge), `only ${taken.join(', ')} were taken`);
  });
}

test('has no edge that no story takes', () => {
  const edges = TASK_KINDS.flatMap((from) => TASK_EDGES[from].map((to) => `${from} > ${to}`));
  assert.equal(edges.sort(), Object.keys(STORIES).sort());
});

test.run();
