/** A whole cluster in one process and in virtual time, with everything that can go wrong, from one seed. */
import { arrayId } from '../../../src/protocol/ids.ts';
import type { WorkerInfo } from '../../../src/protocol/messages.ts';
import { Random } from '../random.ts';
import { type Behaviours, randomBehaviour, taskKey } from './behaviour.ts';
import { type ClientTasks, Reference, SimulatedClient } from './simulated-client.ts';
import { SimulatedScheduler } from './simulated-scheduler.ts';
import { SimulatedWorker } from './simulated-worker.ts';
import { encode } from './values.ts';
import { VirtualTime, Wire } from './virtual-time.ts';

export const WORKER_NAMES = ['0', '1', '2', '3'];
const CLIENT = 1;

/** What was done to the cluster on purpose, and so may explain a failure. */
export interface Injected {
  readonly crashed: Set<string>;
  workersLost: number;
}

export class SimulatedCluster {
  readonly random: Random;
  readonly time = new VirtualTime();
  readonly behaviours: Behaviours = new Map();
  readonly injected: Injected = { crashed: new Set(), workersLost: 0 };
  readonly reference = new Reference();
  readonly client: SimulatedClient;
  readonly scheduler: SimulatedScheduler;
  readonly workers = new Map<number, SimulatedWorker>();
  readonly #toClient: Wire;
  readonly #toScheduler: Wire;
  #nextWorker = 1;
  /** True as long as the network fails now and then. */
  isFlaky = true;

  constructor(seed: number, allowedLosses: number) {
    this.random = new Random(seed);
    this.#toClient = new Wire(this.time, this.random, 1);
    this.#toScheduler = new Wire(this.time, this.random, 1);
    this.scheduler = new SimulatedScheduler(this.time, allowedLosses, {
      toWorker: (id, message) => this.workers.get(id)?.hear(message),
      toClient: (_, message) => this.#toClient.send(() => this.client.hear(message)),
    });
    this.client = new SimulatedClient((message) => {
      this.#toScheduler.send(() => this.scheduler.hearClient(CLIENT, message));
    });
  }

  /** Must be called for everything that the client submits, in the same turn. */
  noted(tasks: ClientTasks): ClientTasks {
    this.reference.arrays.set(tasks.id, tasks);
    for (let i = 0; i < tasks.count; i++) this.behaviours.set(this.keyOf(tasks, i), randomBehaviour(this.random));
    return tasks;
  }

  keyOf(tasks: ClientTasks, index: number): string {
    return taskKey(arrayId(CLIENT, tasks.id), index);
  }

  addWorker(name: string): void {
    const id = this.#nextWorker++;
    const about = { host: `host-${Number(name) % 2}`, pid: id, addresses: [], space: null };
    const info: WorkerInfo = { id, name, slots: 1 + this.random.below(3), ...about };
    const { time, random, behaviours } = this;
    const { crashed } = this.injected;
    const reach = (other: number): SimulatedWorker | undefined => {
      return this.isFlaky && random.below(30) === 0 ? undefined : this.workers.get(other);
    };
    const told: ConstructorParameters<typeof SimulatedWorker>[2] = (message) => this.scheduler.hearWorker(id, message);
    this.workers.set(id, new SimulatedWorker(info, { time, random, behaviours, crashed, reach }, told));
    this.scheduler.join(info);
  }

  loseWorker(): void {
    const worker = this.#anyWorker();
    if (worker === undefined) return;
    this.injected.workersLost++;
    worker.kill();
    this.workers.delete(worker.info.id);
    this.time.after(this.random.next() * 5, () => this.scheduler.lose(worker.info.id));
  }

  killThread(): void {
    this.#anyWorker()?.threads.get(0)?.die();
  }

  /** The client puts a value on one worker or two, and says so. */
  scatter(): void {
    const tasks = this.noted(this.client.scatter(this.random.below(2 ** 32)));
    for (let copies = this.random.below(2); copies >= 0; copies--)
      this.time.after(this.random.next() * 3, () => this.#put(tasks));
  }

  loseClient(): void {
    this.#toScheduler.isCut = true;
    this.scheduler.loseClient(CLIENT);
  }

  #put(tasks: ClientTasks): void {
    const worker = this.#anyWorker();
    if (worker === undefined) return this.client.scatterFailed(tasks);
    const bytes = encode(tasks.scattered as number);
    worker.core.store.add(arrayId(CLIENT, tasks.id), 0, { bytes, ends: Uint32Array.of(bytes.byteLength) });
    this.client.scattered(tasks, worker.info.id);
  }

  #anyWorker(): SimulatedWorker | undefined {
    return this.workers.size === 0 ? undefined : this.random.pick([...this.workers.values()]);
  }
}
