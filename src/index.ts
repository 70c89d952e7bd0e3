/**
 * rolecall: one script, started on every rank of an HPC job, becomes a cluster.
 *
 * @packageDocumentation
 */
import { makeOutputSynchronous } from './runners/output.ts';

makeOutputSynchronous();

export { Client, type ClusterLike } from './client/client.ts';
export type { Completed, Waiting, WaitOptions } from './client/completion.ts';
export { Future } from './client/future.ts';
export type { FutureArray, StatusCounts } from './client/future-array.ts';
export type { GatherOptions } from './client/gather.ts';
export type { FailedTask, FutureStatus, Unwrapped, WithOptions } from './client/types.ts';
export { ERROR_CODES, type ErrorCode, hasCode, RolecallError } from './errors.ts';
export { task } from './functions/task.ts';
export type { LogLevel, LogRecord } from './protocol/log-record.ts';
export {
  BaseRunner,
  type BaseRunnerOptions,
  type Contact,
  type Identity,
  type LastWord,
  type Meeting,
  type TransportsInUse,
} from './runners/base-runner.ts';
export { createRunner, EnvRunner } from './runners/create-runner.ts';
export { DragonRunner } from './runners/dragon-runner.ts';
export type { HookContext, RunnerHooks } from './runners/hooks.ts';
export { LocalRunner, type LocalRunnerOptions } from './runners/local-runner.ts';
export type { Communicator } from './runners/mpi/communicator.ts';
export { MPIRunner, type MPIRunnerOptions } from './runners/mpi-runner.ts';
export type { RunnerOptions, SchedulerOptions, WorkerOptions } from './runners/options.ts';
export { PBSRunner } from './runners/pbs-runner.ts';
export { SlurmRunner } from './runners/slurm-runner.ts';
export type { OnTimeLeftOptions, TimeLeft } from './runners/time-left.ts';
export { type CurrentTask, currentTask } from './worker/current-task.ts';
export { type ExecOptions, type ExecResult, exec } from './worker/exec.ts';
export { PerWorker, perWorker } from './worker/per-worker.ts';
