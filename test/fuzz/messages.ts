/** One of every message, as it is on the wire. */
const dependency = { array: 1, start: 0, count: 1, whole: false };
const source = { ...dependency, holders: [0, 1, 7] };
const workerInfo = {
  id: 7,
  name: '2',
  host: 'node1',
  pid: 100,
  slots: 4,
  addresses: ['tls://127.0.0.1:4711'],
  space: null,
};
const options = { retries: 1, priority: 0, workers: ['2'], allowOtherWorkers: false, timeoutMs: 0 };
const welcome = { type: 'welcome', id: 3, workers: [workerInfo] };
const workers = { type: 'workers', joined: [workerInfo], left: [{ id: 8, reason: 'it left' }] };

const submit = {
  type: 'submit',
  array: 2,
  count: 3,
  name: 'square',
  fn: 'abc',
  hasFunction: true,
  hasItems: true,
  shared: [dependency],
  own: [[0, [dependency]]],
  zip: { array: 1, start: 0 },
  options,
};

export const CLIENT_TO_SCHEDULER = [
  submit,
  { ...submit, zip: null, own: [], shared: [], hasItems: false },
  { type: 'scatter', array: 3, count: 2, name: 'table' },
  { type: 'scattered', array: 3, index: 1, worker: 7, bytes: 100 },
  { type: 'scatter-failed', array: 3, index: 0 },
  { type: 'want', array: 2 },
  { type: 'release', array: 2, ranges: [0, 1, 2, 1] },
  { type: 'cancel', array: 2, ranges: null },
  { type: 'retry', array: 2, ranges: [0, 3] },
  { type: 'logs' },
  { type: 'end', code: 0 },
];

export const SCHEDULER_TO_CLIENT = [
  welcome,
  workers,
  { type: 'finished', array: 2, start: 0, count: 2, worker: 7 },
  { type: 'failed', array: 2, ranges: [2, 1], worker: '2', attempt: 1, code: 'ERR_TASK_EXITED', task: 'square[2]' },
  { type: 'unfinished', array: 2, ranges: [0, 1] },
  { type: 'output', worker: '2', task: 'square[1]', stream: 'out', text: 'hello\n' },
  { type: 'notice', level: 'warn', text: 'lost worker 3' },
  { type: 'ending', reason: 'the client left' },
];

export const SCHEDULER_TO_WORKER = [
  welcome,
  workers,
  {
    type: 'compute',
    array: 2,
    start: 0,
    count: 2,
    attempt: 1,
    hasItems: true,
    spec: { name: 'square', single: false, fn: 'abc', shared: [source], timeoutMs: 0 },
    hasFunction: true,
    own: [[source], []],
    inlineBytes: 256,
  },
  { type: 'retract' },
  { type: 'abandon', array: 2, ranges: [0, 1, 5, 5] },
  { type: 'free', array: 2, ranges: null },
  { type: 'stop', reason: 'the client left' },
];

export const WORKER_TO_SCHEDULER = [
  { type: 'finished', array: 2, start: 0, count: 1, attempt: 1, ms: 0.5 },
  { type: 'failed', array: 2, index: 1, attempt: 1, code: null, retry: true },
  { type: 'returned', array: 2, attempt: 1, ranges: [1, 2] },
  { type: 'retracted' },
  { type: 'missing', array: 2, attempt: 1, ranges: [0, 1], dependency, from: 7 },
  { type: 'replica', array: 2, start: 0, count: 1 },
  { type: 'output', array: 2, task: 'square', stream: 'err', text: 'oh\n' },
  { type: 'log', time: 1, level: 'warn', text: 'late' },
  { type: 'beat', rss: 1, stored: 1, queued: 0 },
];

export const TO_HOLDER = [
  { type: 'get', request: 1, array: 2, start: 0, count: 3, space: null },
  { type: 'put', request: 2, array: 3, index: 0 },
];

export const FROM_HOLDER = [
  { type: 'values', request: 1 },
  { type: 'absent', request: 1 },
  { type: 'busy', request: 1, retryMs: 20 },
  { type: 'refused', request: 1, reason: 'no room' },
  { type: 'stored', request: 2 },
];
