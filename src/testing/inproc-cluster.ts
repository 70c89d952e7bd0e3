import { hostname } from 'node:os';
import type { Log } from '../protocol/log-record.ts';
import type { Contact } from '../runners/rendezvous/contact.ts';
import { ownWhereabouts } from '../runners/rendezvous/whereabouts.ts';
import { SchedulerServer } from '../scheduler/server.ts';
import { InprocTransport } from '../transport/inproc.ts';
import type { Transport } from '../transport/transport.ts';
import { WorkerServer } from '../worker/server.ts';

export interface InprocClusterOptions {
  /** @default 1 */
  readonly nWorkers?: number;
  /** Tasks that each worker runs at once. @default 1 */
  readonly slots?: number;
  /** What a slot is. @default 'threads' */
  readonly executor?: 'threads' | 'processes';
  /** Heap limit of each slot in MiB. */
  readonly heapMb?: number;
  /** Told what the parts of the cluster would log. @default nothing */
  readonly log?: Log;
}

/**
 * A whole cluster in this process, over `inproc://`: scheduler and workers as they run elsewhere, tasks on threads. For tests of
 * programs that use rolecall:
 *
 *     await using cluster = await InprocCluster.start({ nWorkers: 2 })
 *     await using client = new Client(cluster)
 */
export class InprocCluster implements AsyncDisposable {
  /** @internal */
  readonly contact: Contact;
  /** @internal */
  readonly reachedBy: readonly Transport[];
  readonly nWorkers: number;
  readonly #scheduler: SchedulerServer;
  readonly #workers: readonly WorkerServer[];

  private constructor(parts: { scheduler: SchedulerServer; workers: readonly WorkerServer[]; transport: Transport }) {
    this.#scheduler = parts.scheduler;
    this.#workers = parts.workers;
    this.reachedBy = [parts.transport];
    this.nWorkers = parts.workers.length;
    const addresses = [...parts.scheduler.addresses];
    const about = { rolecall: 1, run: 'inproc', identity: 'inproc', secret: null } as const;
    this.contact = { ...about, ...ownWhereabouts(), addresses, nWorkers: this.nWorkers };
  }

  static async start(options: InprocClusterOptions = {}): Promise<InprocCluster> {
    const { nWorkers = 1, slots = 1, executor, heapMb, log = () => {} } = options;
    const transport = new InprocTransport();
    const scheduler = await SchedulerServer.start({
      transport,
      hosts: ['inproc'],
      startTimeoutMs: 60_000,
      workerTimeoutMs: 30_000,
      schedulerTimeoutMs: 30_000,
      expectedWorkers: nWorkers,
      hasRunner: false,
      log,
    });
    const starting = Array.from({ length: nWorkers }, (_, i) =>
      WorkerServer.start({
        transports: [transport],
        schedulerAddresses: scheduler.addresses,
        hosts: ['inproc'],
        name: String(i + 2),
        host: hostname(),
        slots,
        executor,
        heapMb,
        cancelGraceMs: 200,
        log,
      }),
    );
    return new InprocCluster({ scheduler, workers: await Promise.all(starting), transport });
  }

  /** Bytes of all values that the workers keep: 0 once everything was released. */
  get storedBytes(): number {
    return this.#workers.reduce((sum, worker) => sum + worker.storedBytes, 0);
  }

  /** Ends workers and scheduler. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scheduler.end();
    await Promise.all(this.#workers.map((worker) => worker.ended));
  }
}
