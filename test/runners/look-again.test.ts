import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lookAgain } from '../../src/runners/look-again.ts';
import type { Contact } from '../../src/runners/rendezvous/contact.ts';
import type { Meeting } from '../../src/runners/rendezvous/folder.ts';

const test = suite('lookAgain');
const contact = { host: 'node1', pid: 4711, run: 'first' } as Contact;
const NOBODY: Meeting = { kind: 'nobody' };

/** What is seen at each of these times, in milliseconds, and how often the run was found to be over. */
function looks(seen: Readonly<Record<number, Meeting>>): { meetings: Meeting[]; gone: number } {
  let time = 0;
  let gone = 0;
  const look = lookAgain(() => seen[time] as Meeting, contact, { now: () => time, onGone: () => gone++ });
  const meetings = Object.keys(seen).map((at) => {
    time = Number(at);
    return look();
  });
  return { meetings, gone };
}

test('the contact is still there, or another one: so it is', () => {
  const open: Meeting = { kind: 'open', contact };
  const other: Meeting = { kind: 'open', contact: { ...contact, run: 'second' } };
  assert.equal(looks({ 0: open, 9000: open, 9001: NOBODY, 10000: other }), {
    meetings: [open, open, NOBODY, other],
    gone: 0,
  });
});

test('a word is there', () => {
  const closed: Meeting = { kind: 'closed', reason: 'r', how: 'left', isNews: true };
  assert.equal(looks({ 0: NOBODY, 1999: closed }), { meetings: [NOBODY, closed], gone: 0 });
});

test('nothing is there for two seconds: the run is over', () => {
  const { meetings, gone } = looks({ 500: NOBODY, 2499: NOBODY, 2500: NOBODY });
  assert.equal(meetings.slice(0, 2), [NOBODY, NOBODY]);
  assert.equal(meetings[2], {
    kind: 'closed',
    reason: 'the scheduler (on node1, pid 4711) was gone before this worker could join',
    how: 'broke off',
    isNews: false,
  });
  assert.is(gone, 1);
});

test.run();
