import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nowText, whenText } from '../../src/logs/when.ts';

const test = suite('when something happened');
const NOON = new Date(2026, 0, 1, 12, 0, 0).getTime();

test('whenText: time of day, and how long after the start', () => {
  assert.is(whenText(NOON, NOON - 3140), 'at 12:00:00, 3.1 s after the start');
  assert.is(whenText(NOON + 5000, NOON - 3_600_000), 'at 12:00:05, 3605 s after the start');
});

test('nowText: of this process', () => {
  assert.match(nowText(), /^at \d\d:\d\d:\d\d, \d+\.\d s after the start$/);
});

test.run();
