/** Tells the story of the run when this process ends with another code than 0. */
import { sayAtTheEnd } from '../native/process.ts';
import { type RunAbout, RunStory } from './run-story.ts';
import { summaryOf } from './summary.ts';

/** Of the latest run that this process was a client of. */
let story: RunStory | undefined;

/** One story for all clients of a run. A later run takes its place. */
export function storyOf(about: RunAbout): RunStory {
  if (story?.about.run === about.run) return story;
  if (story === undefined) process.on('exit', tell);
  story = new RunStory(about);
  return story;
}

function tell(code: number): void {
  if (code === 0 || story === undefined) return;
  const summary = summaryOf(story.facts(code));
  if (summary !== undefined) sayAtTheEnd(summary);
}
