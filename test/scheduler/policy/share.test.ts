import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasRoom, QUEUED_MS, shareOf } from '../../../src/scheduler/policy/share.ts';
import { noteTaskMs } from '../../../src/scheduler/policy/task-time.ts';

const test = suite('shareOf');

const idle = { slots: 2, outstanding: 0, outstandingMs: 0 };

test('fills the free slots with tasks of which nothing is known, and no more', () => {
  assert.is(shareOf(idle, undefined, 100, 8), 2);
  assert.is(shareOf({ ...idle, outstanding: 1 }, undefined, 100, 8), 1);
  assert.is(shareOf(idle, undefined, 1, 8), 1);
});

test('gives work for a few milliseconds', () => {
  assert.is(shareOf(idle, 1, 100_000, 2), 2 * QUEUED_MS);
  assert.is(shareOf({ ...idle, outstanding: 4, outstandingMs: 4 }, 1, 100_000, 2), 2 * QUEUED_MS - 4);
});

test('gives long tasks to free slots only', () => {
  assert.is(shareOf(idle, 1000, 100, 2), 2);
});

test('leaves something for the others when little is left', () => {
  assert.is(shareOf(idle, 0.01, 100, 20), 5);
});

test('gives at least one task, and bounds how many', () => {
  assert.is(shareOf({ ...idle, outstanding: 2 }, 100, 100, 2), 1);
  assert.is(shareOf(idle, 0, 1_000_000, 2), 4096);
});

test('hasRoom as long as a slot is free, or half of the queue is gone', () => {
  assert.ok(hasRoom({ slots: 2, outstanding: 1, outstandingMs: 10_000 }));
  assert.ok(hasRoom({ slots: 2, outstanding: 5, outstandingMs: QUEUED_MS - 1 }));
  assert.not(hasRoom({ slots: 2, outstanding: 5, outstandingMs: 2 * QUEUED_MS }));
  assert.not(hasRoom({ slots: 2, outstanding: 10_000, outstandingMs: 0 }));
});

test('noteTaskMs follows what was seen lately', () => {
  const taskMs = new Map<string, number>();
  noteTaskMs(taskMs, 'f', 8);
  assert.is(taskMs.get('f'), 8);
  for (let i = 0; i < 10; i++) noteTaskMs(taskMs, 'f', 2);
  assert.ok((taskMs.get('f') as number) < 2.1);
});

test('noteTaskMs forgets the function that it has known longest', () => {
  const taskMs = new Map<string, number>();
  for (let i = 0; i < 10_001; i++) noteTaskMs(taskMs, `f${i}`, 1);
  assert.is(taskMs.size, 10_000);
  assert.not(taskMs.has('f0'));
});

test.run();
