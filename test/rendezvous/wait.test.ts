import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Meeting } from '../../src/runners/rendezvous/folder.ts';
import { pauses, waitForMeeting, waitForMeetingSync } from '../../src/runners/rendezvous/wait.ts';
import { rejection, thrown } from '../support/rejection.ts';

const test = suite('waiting for the scheduler');
const OPTIONS = { timeoutMs: 60, rank: 3, what: 'the scheduler (rank 0)' };
const CLOSED = { kind: 'closed', reason: 'over', how: 'left', isNews: true } as const;

/** Says "nobody" so many times, then that the run is over. */
function closedAfter(looks: number): { look: () => Meeting; readonly looked: () => number } {
  let count = 0;
  return {
    look: () => (++count > looks ? CLOSED : { kind: 'nobody' }),
    looked: () => count,
  };
}

test('it ends at the first look that finds something', async () => {
  for (const looks of [0, 2]) {
    const [later, now] = [closedAfter(looks), closedAfter(looks)];
    assert.equal(await waitForMeeting(later.look, OPTIONS), CLOSED);
    assert.equal(waitForMeetingSync(now.look, OPTIONS), CLOSED);
    assert.equal([later.looked(), now.looked()], [looks + 1, looks + 1]);
  }
});

test('at the deadline it says for what it waited, and how long', async () => {
  const text = 'Waited 60 ms (startTimeoutMs) for the scheduler (rank 0), in vain';
  const never = closedAfter(Number.POSITIVE_INFINITY);
  assert.is((await rejection(waitForMeeting(never.look, OPTIONS), 'ERR_DEADLINE')).message, text);
  assert.is(thrown(() => waitForMeetingSync(never.look, OPTIONS), 'ERR_DEADLINE').message, text);
  assert.ok(never.looked() < 30, `it looked ${never.looked()} times`);
});

test('when time is up it looks once more: the process may have stood still until then', async () => {
  const late = { ...OPTIONS, timeoutMs: 0 };
  assert.equal(await waitForMeeting(closedAfter(0).look, late), CLOSED);
  assert.equal(waitForMeetingSync(closedAfter(0).look, late), CLOSED);
});

test('looks become rarer, but for those that are cheap', () => {
  const options = { ...OPTIONS, timeoutMs: 60_000 };
  const tenOf = (all: Generator<number, void>): number[] =>
    Array.from({ length: 10 }, () => all.next().value ?? Number.NaN);
  const cheap = tenOf(pauses({ ...options, isCheap: () => true }));
  const dear = tenOf(pauses(options));
  assert.equal(new Set(cheap).size, 1);
  assert.equal(
    dear,
    dear.toSorted((a, b) => a - b),
  );
  assert.ok(Math.max(...dear) > 5 * Math.min(...dear));
  assert.ok(Math.max(...cheap) <= Math.min(...dear));
});

test('what a look throws ends it at once', async () => {
  const look = (): Meeting => {
    throw new RangeError('no such folder');
  };
  await waitForMeeting(look, OPTIONS).then(
    () => assert.unreachable(),
    (error: Error) => assert.instance(error, RangeError),
  );
  assert.throws(() => waitForMeetingSync(look, OPTIONS), /no such folder/);
});

test.run();
