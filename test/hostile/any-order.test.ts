/** Peers that have the key say anything in any order: whatever it is, the scheduler goes on, and its books are right. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RolecallError } from '../../src/errors.ts';
import {
  type ClientToScheduler,
  parseClientToScheduler,
  parseWorkerToScheduler,
  type WorkerToScheduler,
} from '../../src/protocol/messages.ts';
import { applyClientMessage, FunctionTable } from '../../src/scheduler/client-messages.ts';
import { assignTasks } from '../../src/scheduler/core/assign.ts';
import { balanceTasks } from '../../src/scheduler/core/balance.ts';
import { type Core, newCore } from '../../src/scheduler/core/core.ts';
import { checkInvariants } from '../../src/scheduler/core/invariants.ts';
import { onWorkerJoined, onWorkerLost } from '../../src/scheduler/core/on-membership.ts';
import { MessageOutbox } from '../../src/scheduler/outbox.ts';
import { applyWorkerMessage } from '../../src/scheduler/worker-messages.ts';
import { fuzzRounds, Random } from '../support/random.ts';
import { sizes, submit } from './impostor.ts';

const test = suite('messages of authenticated peers in any order');
const STEPS = 120;

class Chaos {
  readonly core: Core;
  readonly functions = new FunctionTable();
  readonly #random: Random;
  readonly #outbox: MessageOutbox;
  #now = 0;
  #nextArray = 1;

  constructor(seed: number) {
    this.#random = new Random(seed);
    const peers = {
      toWorker: () => {},
      toClient: () => {},
      toAllClients: () => {},
      isBehind: () => false,
      log: () => {},
    };
    this.#outbox = new MessageOutbox(peers, this.functions);
    this.core = newCore(this.#outbox);
    this.#outbox.core = this.core;
    for (const id of [10, 11]) this.#join(id);
  }

  step(): void {
    const { core } = this;
    this.#now += this.#random.below(50);
    const kind = this.#random.below(10);
    if (kind < 4)
      this.#tolerate(() => applyClientMessage(core, this.functions, 1 + this.#random.below(2), this.#clientMessage()));
    else if (kind < 9)
      this.#tolerate(() => applyWorkerMessage(core, 10 + this.#random.below(3), this.#workerMessage(), this.#now));
    else if (core.workers.has(11))
      onWorkerLost(core, 11, (task) => ({ code: 'X', error: new Uint8Array(), task, worker: '', attempt: 0 }));
    else this.#join(11);
    assignTasks(core, this.#now);
    balanceTasks(core, this.#now);
    checkInvariants(core);
  }

  #join(id: number): void {
    const info = { id, name: String(id), host: 'h', pid: 1, slots: 2, addresses: [], space: null };
    onWorkerJoined(this.core, info, this.#now);
  }

  /** A refusal is right; anything else that is thrown would end the scheduler. */
  #tolerate(apply: () => void): void {
    try {
      apply();
    } catch (error) {
      if ((error as RolecallError).code !== 'ERR_PROTOCOL') throw error;
    }
  }

  #clientMessage(): Exclude<ClientToScheduler, { type: 'end' | 'logs' | 'alive' }> {
    const random = this.#random;
    const array = 1 + random.below(this.#nextArray + 1);
    const index = random.below(5);
    const dependency = { array, start: random.below(3), count: random.below(3), whole: random.below(2) === 0 };
    const ranges = random.below(3) === 0 ? null : [random.below(3), random.below(9)];
    const known = [
      () =>
        submit(random.below(4) === 0 ? array : this.#nextArray++, 1 + random.below(4), {
          shared: random.below(2) === 0 ? [dependency] : [],
          own: random.below(4) === 0 ? [[index, [dependency]]] : [],
          zip: random.below(5) === 0 ? { array, start: random.below(2) } : null,
        }),
      () => ({ type: 'scatter', array: this.#nextArray++, count: 1 + random.below(3), name: 's' }),
      () => ({ type: 'scattered', array, index, worker: 9 + random.below(4), bytes: 8 }),
      () => ({ type: 'scatter-failed', array, index, buffers: [] }),
      () => ({ type: 'want', array }),
      () => ({ type: random.pick(['release', 'cancel', 'retry']), array, ranges, buffers: [] }),
    ];
    return parseClientToScheduler(random.pick(known)()) as never;
  }

  #workerMessage(): Exclude<WorkerToScheduler, { type: 'beat' | 'output' | 'log' }> {
    const random = this.#random;
    const arrays = [...this.core.arrays.keys(), 5];
    const about = { array: random.pick(arrays), attempt: random.below(4) };
    const [start, count] = [random.below(4), random.below(4)];
    const ranges = [start, count];
    const dependency = { array: random.pick(arrays), start, count, whole: random.below(2) === 0 };
    const known = [
      { type: 'finished', ...about, start, count, ms: random.below(100), buffers: [sizes(count)] },
      { type: 'finished', ...about, start, count, ms: 0, buffers: [sizes(count)] },
      { type: 'failed', ...about, index: start, code: null, retry: random.below(2) === 0, buffers: [] },
      { type: 'returned', ...about, ranges },
      { type: 'retracted' },
      { type: 'missing', ...about, ranges, dependency, from: 9 + random.below(4) },
      { type: 'replica', array: about.array, start, count },
    ];
    return parseWorkerToScheduler(random.pick(known)) as never;
  }
}

test('the books are right after every one, for many seeds', () => {
  const rounds = Math.max(100, fuzzRounds(20_000) / 100);
  const until = performance.now() + (process.env['ROLECALL_FUZZ'] === undefined ? 5000 : 300_000);
  let seed = 1;
  for (; seed <= rounds && performance.now() < until; seed++) {
    const chaos = new Chaos(seed);
    for (let step = 0; step < STEPS; step++) {
      try {
        chaos.step();
      } catch (error) {
        throw new Error(`seed ${seed}, step ${step}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  assert.ok(seed > 20, `only ${seed} seeds`);
});

test.run();
