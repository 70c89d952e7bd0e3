import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WorkerStory } from './worker-story.ts';

/** A suite whose tests get a worker of their own, and fail if they leave an effect that they did not look at. */
export function workerSuite(name: string): {
  (title: string, tell: (story: WorkerStory) => void): void;
  run(): void;
} {
  const tests = suite(name);
  const add = (title: string, tell: (story: WorkerStory) => void): void =>
    tests(title, () => {
      const story = new WorkerStory();
      tell(story);
      assert.equal(story.out.take(), [], 'effects that no assertion looked at');
    });
  return Object.assign(add, { run: () => tests.run() });
}
