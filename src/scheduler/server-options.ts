/** What the scheduler is started with, and how it says that it has ended. */
import type { RolecallError } from '../errors.ts';
import type { Log, LogSource } from '../protocol/log-record.ts';
import type { Transport } from '../transport/transport.ts';
import type { RoomLimits } from './room.ts';

export interface SchedulerOptions {
  readonly transport: Transport;
  /** Names or addresses of this machine to listen on. */
  readonly hosts: readonly string[];
  /** Hosts that cannot be listened on are left out. */
  readonly skipUnusable?: boolean;
  readonly port?: number;
  /** How long to wait for the client's rank, and for the first worker. */
  readonly startTimeoutMs: number;
  /** How much longer than that, where somebody else is to be the first to say that they did not come. @default 0 */
  readonly startGraceMs?: number;
  /** A worker that is silent for this long is given up; of a client it is said, and it may go on. */
  readonly workerTimeoutMs: number;
  /** Workers and clients are told to give this scheduler up if it is silent for this long. */
  readonly schedulerTimeoutMs: number;
  /** Workers that were started with this scheduler. When all are gone, no further ones are expected. */
  readonly expectedWorkers: number;
  /** True if a client's rank exists, whose end is the end of the cluster. */
  readonly hasRunner: boolean;
  readonly log: Log;
  /** Where what `log` is told can be followed: clients that ask for it get it, with what the workers record. */
  readonly logs?: LogSource;
  /** How much clients can make it keep. @default by the memory of this machine */
  readonly room?: RoomLimits;
}

export interface ClusterEnd {
  /** Undefined if the client's rank asked for the end. */
  readonly error: RolecallError | undefined;
  /** Whether the client's rank has joined. */
  readonly runnerJoined: boolean;
  /** Whether it has heard why the cluster ends, so that it can say it. */
  readonly runnerKnows: boolean;
  /** Names of the workers that have joined, whether they stayed or not. */
  readonly workersJoined: ReadonlySet<string>;
}
