/** The scheduler of a simulated cluster: the real core, outbox and message handling; what `server.ts` does besides, in virtual time. */
import type { ClientToScheduler, WorkerInfo, WorkerToScheduler } from '../../../src/protocol/messages.ts';
import { applyClientMessage, FunctionTable } from '../../../src/scheduler/client-messages.ts';
import { assignTasks } from '../../../src/scheduler/core/assign.ts';
import { balanceTasks, isAnythingRunning } from '../../../src/scheduler/core/balance.ts';
import { type Core, newCore } from '../../../src/scheduler/core/core.ts';
import { checkInvariants } from '../../../src/scheduler/core/invariants.ts';
import { onClientGone } from '../../../src/scheduler/core/on-client.ts';
import { onWorkerJoined, onWorkerLost } from '../../../src/scheduler/core/on-membership.ts';
import { MessageOutbox, type Peers } from '../../../src/scheduler/outbox.ts';
import { applyWorkerMessage } from '../../../src/scheduler/worker-messages.ts';
import type { VirtualTime } from './virtual-time.ts';

const BALANCE_MS = 20;

export class SimulatedScheduler {
  readonly core: Core;
  readonly #time: VirtualTime;
  readonly #outbox: MessageOutbox;
  readonly #functions = new FunctionTable();
  #isBalancing = false;

  constructor(time: VirtualTime, allowedLosses: number, peers: Pick<Peers, 'toWorker' | 'toClient'>) {
    this.#time = time;
    this.#outbox = new MessageOutbox(
      { ...peers, toAllClients: () => {}, isBehind: () => false, log: () => {} },
      this.#functions,
    );
    this.core = newCore(this.#outbox, { allowedLosses });
    this.#outbox.core = this.core;
  }

  join(info: WorkerInfo): void {
    this.#event(() => onWorkerJoined(this.core, info, this.#time.now));
  }

  lose(worker: number): void {
    const failure = (task: string) => ({
      code: 'ERR_WORKER_LOST',
      error: new Uint8Array(),
      task,
      worker: '',
      attempt: 0,
    });
    this.#event(() => onWorkerLost(this.core, worker, failure));
    this.#outbox.workerGone(worker);
  }

  hearWorker(worker: number, message: WorkerToScheduler): void {
    if (message.type === 'output' || message.type === 'beat' || message.type === 'log') return;
    if (message.type === 'missing') this.#outbox.describeAgain(worker, message.array);
    this.#event(() => applyWorkerMessage(this.core, worker, message, this.#time.now));
  }

  hearClient(client: number, message: ClientToScheduler): void {
    if (message.type === 'end' || message.type === 'logs' || message.type === 'alive') return;
    this.#event(() => applyClientMessage(this.core, this.#functions, client, message));
    this.#functions.sweep(this.core);
  }

  loseClient(client: number): void {
    this.#event(() => onClientGone(this.core, client));
  }

  #event(happen: () => void): void {
    happen();
    checkInvariants(this.core);
    assignTasks(this.core, this.#time.now);
    checkInvariants(this.core);
    if (!this.#isBalancing) this.#balanceLater();
  }

  #balanceLater(): void {
    this.#isBalancing = isAnythingRunning(this.core);
    if (!this.#isBalancing) return;
    this.#time.after(BALANCE_MS, () => {
      balanceTasks(this.core, this.#time.now);
      this.#balanceLater();
    });
  }
}
