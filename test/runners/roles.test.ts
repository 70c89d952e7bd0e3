import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assignRole, type RoleOptions } from '../../src/runners/roles.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('assignRole');
const DEFAULTS: RoleOptions = { scheduler: true, client: true, schedulerRank: 0, clientRank: 1, inclusive: false };

/** The roles of all ranks in short: `s c w w`, with a + where a worker runs besides; then how many workers there are. */
function roles(size: number, options: Partial<RoleOptions> = {}): string {
  const all = Array.from({ length: size }, (_, rank) => assignRole(rank, size, { ...DEFAULTS, ...options }));
  const nWorkers = new Set(all.map((assignment) => assignment.nWorkers));
  assert.is(nWorkers.size, 1, 'all ranks count the same workers');
  return [...all.map(({ role, alsoWorks }) => role.charAt(0) + (alsoWorks ? '+' : '')), ...nWorkers].join(' ');
}

test('rank 0 schedules, rank 1 is the client, the rest work', () => {
  assert.is(roles(3), 's c w 1');
  assert.is(roles(6), 's c w w w w 4');
});

test('schedulerRank and clientRank', () => {
  assert.is(roles(4, { schedulerRank: 3 }), 'w c w s 2');
  assert.is(roles(4, { schedulerRank: 1, clientRank: 0 }), 'c s w w 2');
  assert.is(roles(4, { clientRank: 3 }), 's w w c 2');
});

test('inclusive: the scheduler and the client work too', () => {
  assert.is(roles(2, { inclusive: true }), 's+ c+ 2');
  assert.is(roles(4, { inclusive: true }), 's+ c+ w w 4');
  assert.is(roles(1, { inclusive: true, client: false }), 's+ 1');
});

test('without a client, rank 1 works too', () => {
  assert.is(roles(2, { client: false }), 's w 1');
  assert.is(roles(4, { client: false }), 's w w w 3');
});

test('without scheduler and client, all work', () => {
  assert.is(roles(1, { client: false, scheduler: false }), 'w 1');
  assert.is(roles(3, { client: false, scheduler: false }), 'w w w 3');
  assert.is(roles(3, { client: false, scheduler: false, inclusive: true }), 'w w w 3');
});

test('options that contradict each other', () => {
  const alone = thrown(() => assignRole(0, 4, { ...DEFAULTS, scheduler: false }), 'ERR_ROLES');
  assert.match(alone.message, /the client needs a scheduler.*"client: false"/);
  const same = thrown(() => assignRole(0, 4, { ...DEFAULTS, clientRank: 0 }), 'ERR_ROLES');
  assert.match(same.message, 'schedulerRank and clientRank are both 0');
});

function tooSmall(size: number, options: Partial<RoleOptions> = {}, ranks?: string): string {
  const texts = Array.from({ length: size }, (_, rank) => {
    return thrown(() => assignRole(rank, size, { ...DEFAULTS, ...options }, ranks), 'ERR_WORLD_TOO_SMALL').message;
  });
  assert.is(new Set(texts).size, 1, 'all ranks say the same');
  return texts[0] as string;
}

test('a world that is too small is told on every rank, with what is needed', () => {
  const start = 'Not enough ranks to start the cluster: found';
  assert.is(tooSmall(1), `${start} 1, need at least 3: scheduler, client and one worker`);
  assert.is(tooSmall(2), `${start} 2, need at least 3: scheduler, client and one worker`);
  assert.is(tooSmall(1, { inclusive: true }), `${start} 1, need at least 2: scheduler and client`);
  assert.is(tooSmall(1, { client: false }), `${start} 1, need at least 2: scheduler and one worker`);
  assert.match(tooSmall(1, {}, 'Slurm tasks'), 'Not enough Slurm tasks to start the cluster: found 1');
});

test('a rank that was chosen must exist', () => {
  assert.match(tooSmall(4, { clientRank: 4 }), 'found 4, need at least 5');
  assert.match(tooSmall(4, { schedulerRank: 9 }), 'found 4, need at least 10');
});

test.run();
