// deadline: 120 s
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLI, type JobEnd, messagesIn, runJob } from '../support/run-job.ts';

const test = suite('the end of a job by itself');
const JOB = new URL('./jobs/end.ts', import.meta.url).pathname;

/** The ways in which a user starts a job. */
const STARTS = {
  alone: [JOB],
  'under rolecall run': [CLI, 'run', '-n', '4', JOB],
};

function check({ code, err }: JobEnd, expected: { readonly code: number; readonly messages: readonly RegExp[] }): void {
  const messages = messagesIn(err);
  assert.is(code, expected.code, err);
  assert.is(messages.length, expected.messages.length, err);
  for (const [i, pattern] of expected.messages.entries()) assert.match(messages[i] as string, pattern);
}

for (const [name, words] of Object.entries(STARTS)) {
  test(`${name}: leaving the block ends all ranks with 0, without a word`, async () => {
    const end = await runJob([...words, 'return']);
    check(end, { code: 0, messages: [] });
    assert.is(end.err, '');
    assert.match(end.out, 'squares 1,4,9');
  });

  test(`${name}: leaving the block before any worker has joined is no different`, async () => {
    const end = await runJob([...words, 'return unasked']);
    assert.is(end.code, 0, end.err);
    for (const message of messagesIn(end.err)) assert.match(message, /too late: the run has ended/);
  });

  test(`${name}: an error in the block is printed once and ends the job with 1`, async () => {
    const end = await runJob([...words, 'throw']);
    check(end, { code: 1, messages: [/^RangeError: thrown in the block/] });
  });

  test(`${name}: a rejection that nobody handles is printed once and ends the job with 1`, async () => {
    const end = await runJob([...words, 'reject']);
    check(end, { code: 1, messages: [/^RangeError: never caught/] });
  });

  test(`${name}: process.exit in the block ends the job with its code, without a word`, async () => {
    const end = await runJob([...words, 'exit']);
    check(end, { code: 7, messages: [] });
  });

  test(`${name}: process.exit right behind the constructor too`, async () => {
    for (const how of ['exit at once', 'exit unasked']) {
      const end = await runJob([...words, how]);
      assert.is(end.code, 7, end.err);
      for (const message of messagesIn(end.err)) assert.match(message, /too late: the run has ended/);
    }
  });
}

test.run();
