import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SubmitMessage } from '../../src/protocol/messages.ts';
import { applyClientMessage, FunctionTable } from '../../src/scheduler/client-messages.ts';
import { checkInvariants } from '../../src/scheduler/core/invariants.ts';
import { thrown } from '../support/rejection.ts';
import { SchedulerStory } from '../support/scheduler-story.ts';

const test = suite('applyClientMessage');

const CLIENT = 3;

function submit(array: number, about: Partial<SubmitMessage> = {}): SubmitMessage {
  const options = { retries: 0, priority: 0, workers: [], allowOtherWorkers: false, timeoutMs: 0 };
  const needs = { shared: [], own: [], zip: null };
  const one = new Uint8Array(1);
  const what = { array, count: 2, name: 't', fn: 'f', hasFunction: true, hasItems: false };
  return { type: 'submit', ...what, ...needs, options, buffers: [one, one], ...about };
}

function hearer(): { readonly story: SchedulerStory; readonly hear: (message: SubmitMessage) => void } {
  const story = new SchedulerStory();
  const functions = new FunctionTable();
  return { story, hear: (message) => applyClientMessage(story.core, functions, CLIENT, message) };
}

test('takes a function along with the first array only', () => {
  const { story, hear } = hearer();
  hear(submit(1));
  hear(submit(2, { hasFunction: false, buffers: [new Uint8Array(1)] }));
  assert.is(story.core.arrays.size, 2);
  thrown(() => hear(submit(3, { fn: 'g', hasFunction: false })), 'ERR_PROTOCOL');
});

test('refuses a dependency on what is not there', () => {
  const { story, hear } = hearer();
  hear(submit(1));
  const bad = [
    { array: 9, start: 0, count: 1, whole: false },
    { array: 1, start: 2, count: 1, whole: false },
    { array: 1, start: 0, count: 2, whole: false },
    { array: 1, start: 0, count: 1, whole: true },
  ];
  for (const need of bad) {
    thrown(() => hear(submit(2, { shared: [need] })), 'ERR_PROTOCOL');
    thrown(() => hear(submit(2, { own: [[0, [need]]] })), 'ERR_PROTOCOL');
  }
  thrown(() => hear(submit(2, { zip: { array: 9, start: 0 } })), 'ERR_PROTOCOL');
  thrown(() => hear(submit(2, { zip: { array: 1, start: 1 } })), 'ERR_PROTOCOL');
  assert.is(story.core.arrays.size, 1);
  checkInvariants(story.core);
});

test('takes ranges of an array only as far as it goes', () => {
  const { story, hear } = hearer();
  hear(submit(1));
  applyClientMessage(story.core, new FunctionTable(), CLIENT, { type: 'release', array: 1, ranges: [1, 1000] });
  checkInvariants(story.core);
  applyClientMessage(story.core, new FunctionTable(), CLIENT, { type: 'release', array: 1, ranges: null });
  assert.is(story.core.arrays.size, 0);
  applyClientMessage(story.core, new FunctionTable(), CLIENT, { type: 'retry', array: 1, ranges: null });
});

test.run();
