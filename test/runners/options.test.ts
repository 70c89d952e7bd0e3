import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type RunnerOptions, resolveRunnerOptions } from '../../src/runners/options.ts';
import { roleFlags } from '../../src/runners/role-plan.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('options of a runner');

function resolve(raw: object, env: Record<string, string> = {}) {
  return resolveRunnerOptions('SlurmRunner', raw as RunnerOptions, env);
}

function refused(raw: object, env: Record<string, string> = {}): string {
  return thrown(() => resolve(raw, env), 'ERR_INVALID_OPTION').message;
}

test('what is not given has its default', () => {
  const { schedulerOptions, workerOptions, ...own } = resolve({});
  assert.equal(own, {
    scheduler: true,
    client: true,
    schedulerRank: 0,
    clientRank: 1,
    inclusive: false,
    startTimeoutMs: 300_000,
    drainMs: undefined,
    directory: undefined,
    schedulerFile: undefined,
    id: undefined,
    logLevel: 'warn',
    logDirectory: undefined,
    security: 'tls',
    transport: 'tls',
    dragonBetweenNodes: 'auto',
    mpiLibrary: undefined,
  });
  assert.equal(schedulerOptions, {
    host: undefined,
    interface: undefined,
    port: 0,
    workerTimeoutMs: 30_000,
    schedulerTimeoutMs: 30_000,
  });
  assert.equal(workerOptions, {
    slots: undefined,
    executor: 'threads',
    heapMb: undefined,
    memoryMb: undefined,
    spillDirectory: undefined,
    cancelGraceMs: 500,
    host: undefined,
    interface: undefined,
  });
});

test('an unknown name is refused, and the nearest named', () => {
  assert.match(
    refused({ shedulerRank: 1 }),
    /SlurmRunner: it has no option "shedulerRank"\. Did you mean "schedulerRank"\?/,
  );
  assert.match(refused({ inclusiv: true }), 'Did you mean "inclusive"?');
  assert.match(
    refused({ workerOptions: { slot: 1 } }),
    /SlurmRunner \(workerOptions\).*"slot"\. Did you mean "slots"\?/,
  );
  assert.match(refused({ schedulerOptions: { prot: 1 } }), /SlurmRunner \(schedulerOptions\).*Did you mean "port"\?/);
  assert.match(refused({ bananas: 1 }), 'It has: scheduler, client, schedulerRank');
});

test('a value of the wrong kind is refused, with what was expected and what was got', () => {
  assert.match(refused({ startTimeoutMs: 0 }), '"startTimeoutMs" must be an integer >= 1, got 0');
  assert.match(refused({ clientRank: '1' }), '"clientRank" must be an integer >= 0, got "1"');
  assert.match(refused({ clientRank: Number.NaN }), 'got NaN');
  assert.match(refused({ inclusive: 'yes' }), '"inclusive" must be true or false, got "yes"');
  assert.match(refused({ directory: '' }), '"directory" must be a string that is not empty, got ""');
  assert.match(refused({ security: 'ssl' }), `"security" must be one of 'tls', 'none', got "ssl"`);
  assert.match(refused({ workerOptions: { slots: 1.5 } }), '"slots" must be an integer >= 1, got 1.5');
  assert.match(refused({ id: () => 1 }), 'got a function');
});

test('the environment gives what the code does not', () => {
  const env = {
    ROLECALL_START_TIMEOUT_MS: '1000',
    ROLECALL_INCLUSIVE: '1',
    ROLECALL_ID: 'mine',
    ROLECALL_CLIENT_RANK: '3',
    ROLECALL_WORKER_SLOTS: '2',
    ROLECALL_SCHEDULER_PORT: '4711',
  };
  const resolved = resolve({ startTimeoutMs: 5, workerOptions: { slots: 4 } }, env);
  assert.is(resolved.startTimeoutMs, 5);
  assert.is(resolved.inclusive, true);
  assert.is(resolved.id, 'mine');
  assert.is(resolved.clientRank, 3);
  assert.is(resolved.workerOptions.slots, 4);
  assert.is(resolved.schedulerOptions.port, 4711);
});

test('a wrong value in the environment is refused by the name of its variable', () => {
  assert.match(
    refused({}, { ROLECALL_START_TIMEOUT_MS: 'soon' }),
    '"ROLECALL_START_TIMEOUT_MS" must be an integer >= 1',
  );
  assert.match(refused({}, { ROLECALL_INCLUSIVE: 'maybe' }), '"ROLECALL_INCLUSIVE" must be true or false, got "maybe"');
  assert.match(
    refused({}, { ROLECALL_SECURITY: 'off' }),
    `"ROLECALL_SECURITY" must be one of 'tls', 'none', got "off"`,
  );
});

test('an option that belongs into a group is sent there', () => {
  assert.match(refused({ slots: 2 }), /no option "slots"\. Give it as \{ workerOptions: \{ slots \} \}/);
});

test('the local runner is not told of options that it refuses', () => {
  const { message } = thrown(
    () => resolveRunnerOptions('LocalRunner', { nWorker: 2 } as RunnerOptions, {}),
    'ERR_INVALID_OPTION',
  );
  assert.match(message, /Did you mean "nWorkers"\?/);
});

test('a bad value of the environment is shown as it stands there', () => {
  assert.match(
    refused({}, { ROLECALL_WORKER_SLOTS: 'many' }),
    /"ROLECALL_WORKER_SLOTS" must be an integer >= 1, got "many"/,
  );
});

test('flags about the script alone are not passed on to roles', () => {
  const flags = ['--import', 'tsx', '--input-type=module', '-e', 'code()', '--inspect=0', '--max-old-space-size=100'];
  assert.equal(roleFlags(flags), ['--import', 'tsx', '--max-old-space-size=100']);
});

test.run();
