import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkInvariants } from '../../src/scheduler/core/invariants.ts';
import { SchedulerStory } from './scheduler-story.ts';

/** A suite whose tests get a scheduler of their own, and fail if they leave an effect that they did not look at. */
export function storySuite(name: string): {
  (title: string, tell: (story: SchedulerStory) => void): void;
  run(): void;
} {
  const tests = suite(name);
  const add = (title: string, tell: (story: SchedulerStory) => void): void =>
    tests(title, () => {
      const story = new SchedulerStory();
      tell(story);
      checkInvariants(story.core);
      assert.equal(story.out.take(), [], 'effects that no assertion looked at');
    });
  return Object.assign(add, { run: () => tests.run() });
}
