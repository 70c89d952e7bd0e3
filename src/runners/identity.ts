/**
 * Who a process is among the ranks that a launcher started, read from the environment alone. Pure: one row per launcher, in
 * the order in which they are believed; rank and size always come from the same row.
 */
import { isSlurmStep } from './slurm-step.ts';

export interface Identity {
  /** Row of the table, e.g. "slurm". */
  readonly launcher: string;
  readonly rank: number;
  readonly size: number;
  /** Index among, and number of, the ranks on this node, where the launcher tells. */
  readonly localRank: number | undefined;
  readonly localSize: number | undefined;
  /** What the ranks of one start have in common and no other start has: job, step and restart count, or what comes nearest. */
  readonly run: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Row {
  readonly launcher: string;
  readonly rank: string;
  readonly size: string;
  readonly localRank?: string;
  readonly localSize?: string;
  /** Variables that together name the start. */
  readonly run: readonly string[];
  /** A further condition, where rank and size alone could be left over from something else. */
  readonly holds?: (env: Environment) => boolean;
}

/** MPI variables come before Slurm's: under `mpirun` in a Slurm job those of Slurm describe the daemons, not the ranks. */
const ROWS: readonly Row[] = [
  {
    launcher: 'rolecall',
    rank: 'ROLECALL_RANK',
    size: 'ROLECALL_SIZE',
    localRank: 'ROLECALL_RANK',
    localSize: 'ROLECALL_SIZE',
    run: ['ROLECALL_RUN'],
  },
  {
    launcher: 'openmpi',
    rank: 'OMPI_COMM_WORLD_RANK',
    size: 'OMPI_COMM_WORLD_SIZE',
    localRank: 'OMPI_COMM_WORLD_LOCAL_RANK',
    localSize: 'OMPI_COMM_WORLD_LOCAL_SIZE',
    run: ['PMIX_NAMESPACE'],
  },
  {
    launcher: 'mpich',
    rank: 'PMI_RANK',
    size: 'PMI_SIZE',
    localRank: 'MPI_LOCALRANKID',
    localSize: 'MPI_LOCALNRANKS',
    run: ['PMI_JOBID', 'SLURM_JOB_ID', 'SLURM_STEP_ID', 'SLURM_RESTART_COUNT'],
  },
  {
    launcher: 'slurm',
    rank: 'SLURM_PROCID',
    size: 'SLURM_STEP_NUM_TASKS',
    localRank: 'SLURM_LOCALID',
    run: ['SLURM_JOB_ID', 'SLURM_STEP_ID', 'SLURM_RESTART_COUNT'],
    holds: isSlurmStep,
  },
];

/** Who this process is, or undefined if no launcher started it. */
export function identify(env: Environment): Identity | undefined {
  for (const row of ROWS) {
    const identity = fromRow(row, env);
    if (identity !== undefined) return identity;
  }
  return undefined;
}

function fromRow(row: Row, env: Environment): Identity | undefined {
  const rank = integer(env[row.rank]);
  const size = integer(env[row.size]);
  if (rank === undefined || size === undefined || rank >= size) return undefined;
  if (row.holds !== undefined && !row.holds(env)) return undefined;
  return {
    launcher: row.launcher,
    rank,
    size,
    localRank: row.localRank === undefined ? undefined : integer(env[row.localRank]),
    localSize: row.localSize === undefined ? undefined : integer(env[row.localSize]),
    run: row.run.map((name) => env[name] ?? '').join('.'),
  };
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
