/**
 * The launchers that tell a process who it is, in the order in which they are believed. MPI's come before Slurm's: under `mpirun` in
 * a Slurm job the variables of Slurm describe the daemons, not the ranks.
 */
import { isStepOwnPmi, whyNoSlurmStep } from './slurm-step.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is known besides the environment. */
export interface Surroundings {
  /** The step of the nearest `slurmstepd` above this process, such as `57.0` or `57.batch`. */
  readonly slurmStep?: string | undefined;
  /** Where the `mpiexec` of the nearest proxy of Hydra above this process listens: nothing that it sets names one start. */
  readonly hydra?: string | undefined;
}

/** Names of variables; of several, the first one that is set counts. */
type Names = readonly string[];

export interface Launcher {
  readonly name: string;
  /** How its variables are known. */
  readonly source: 'tried' | 'from documentation';
  /** Variable of the rank; null where the launcher gives none. */
  readonly rank: string | null;
  readonly size: string | null;
  readonly localRank?: Names;
  readonly localSize?: Names;
  /** Index of the node. */
  readonly node?: Names;
  readonly job?: Names;
  readonly step?: Names;
  readonly restart?: Names;
  /** Variables that together name the start: the same on all its ranks, others for every other start. */
  readonly run: Names;
  /** Why its variables do not count here, though they are set: they belong to something else. */
  readonly refuses?: (env: Environment, around: Surroundings) => string | undefined;
}

const JOB: Names = ['SLURM_JOB_ID', 'PBS_JOBID', 'LSB_JOBID'];
const RESTART: Names = ['SLURM_RESTART_COUNT'];

export const LAUNCHERS: readonly Launcher[] = [
  {
    name: 'rolecall',
    source: 'tried',
    rank: 'ROLECALL_RANK',
    size: 'ROLECALL_SIZE',
    localRank: ['ROLECALL_RANK'],
    localSize: ['ROLECALL_SIZE'],
    run: ['ROLECALL_RUN'],
  },
  {
    name: 'dragon', // src/dragon/ranks.py sets them
    source: 'tried',
    rank: 'ROLECALL_DRAGON_RANK',
    size: 'ROLECALL_DRAGON_SIZE',
    localRank: ['ROLECALL_DRAGON_LOCAL_RANK'],
    localSize: ['ROLECALL_DRAGON_LOCAL_SIZE'],
    node: ['ROLECALL_DRAGON_NODE'],
    job: JOB,
    run: ['ROLECALL_DRAGON_RUN'],
  },
  {
    name: 'openmpi',
    source: 'tried',
    rank: 'OMPI_COMM_WORLD_RANK',
    size: 'OMPI_COMM_WORLD_SIZE',
    localRank: ['OMPI_COMM_WORLD_LOCAL_RANK'],
    localSize: ['OMPI_COMM_WORLD_LOCAL_SIZE'],
    job: JOB,
    restart: RESTART,
    run: ['PMIX_NAMESPACE'], // alone: daemons that were started by ssh do not have the variables of the batch system
  },
  {
    name: 'jsrun',
    source: 'from documentation',
    rank: 'JSM_NAMESPACE_RANK',
    size: 'JSM_NAMESPACE_SIZE',
    localRank: ['JSM_NAMESPACE_LOCAL_RANK'],
    localSize: ['JSM_NAMESPACE_LOCAL_SIZE'],
    job: ['LSB_JOBID'],
    run: ['LSB_JOBID', 'LSB_JOBINDEX'],
  },
  {
    name: 'flux',
    source: 'from documentation',
    rank: 'FLUX_TASK_RANK',
    size: 'FLUX_JOB_SIZE',
    localRank: ['FLUX_TASK_LOCAL_ID'],
    job: ['FLUX_JOB_ID'],
    run: ['FLUX_JOB_ID'],
  },
  {
    name: 'pals',
    source: 'from documentation',
    rank: 'PALS_RANKID',
    size: 'PMI_SIZE',
    localRank: ['PALS_LOCAL_RANKID', 'PMI_LOCAL_RANK'],
    localSize: ['PALS_LOCAL_SIZE', 'PMI_LOCAL_SIZE'],
    node: ['PALS_NODEID'],
    job: JOB,
    run: ['PALS_APID', 'PBS_JOBID'],
  },
  {
    name: 'mvapich2',
    source: 'from documentation',
    rank: 'MV2_COMM_WORLD_RANK',
    size: 'MV2_COMM_WORLD_SIZE',
    localRank: ['MV2_COMM_WORLD_LOCAL_RANK'],
    localSize: ['MV2_COMM_WORLD_LOCAL_SIZE'],
    job: JOB,
    restart: RESTART,
    run: ['SLURM_JOB_ID', 'PBS_JOBID', 'SLURM_RESTART_COUNT'],
  },
  {
    name: 'mpich', // and all whose process manager is hydra, or speaks PMI as it does: Intel MPI, MS-MPI
    source: 'tried',
    rank: 'PMI_RANK',
    size: 'PMI_SIZE',
    localRank: ['MPI_LOCALRANKID', 'PMI_LOCAL_RANK'],
    localSize: ['MPI_LOCALNRANKS', 'PMI_LOCAL_SIZE'],
    job: JOB,
    restart: RESTART,
    run: ['PMI_JOBID', 'SLURM_JOB_ID', 'SLURM_STEP_ID', 'SLURM_RESTART_COUNT', 'PBS_JOBID'],
    refuses: (env, { slurmStep }) =>
      isStepOwnPmi(env, slurmStep) ? "srun set it, whose own variables tell more ('slurm')" : undefined,
  },
  {
    name: 'torchrun',
    source: 'from documentation',
    rank: 'RANK',
    size: 'WORLD_SIZE',
    localRank: ['LOCAL_RANK'],
    localSize: ['LOCAL_WORLD_SIZE'],
    node: ['GROUP_RANK'],
    job: JOB,
    restart: ['TORCHELASTIC_RESTART_COUNT'],
    run: ['TORCHELASTIC_RUN_ID', 'TORCHELASTIC_RESTART_COUNT', 'MASTER_ADDR', 'MASTER_PORT'],
    refuses: (env) =>
      env['LOCAL_RANK'] === undefined || env['MASTER_ADDR'] === undefined
        ? 'the names are common; with torchrun LOCAL_RANK and MASTER_ADDR would be set too'
        : undefined,
  },
  {
    name: 'slurm',
    source: 'tried',
    rank: 'SLURM_PROCID',
    size: 'SLURM_STEP_NUM_TASKS', // SLURM_NTASKS is that of the job in some steps
    localRank: ['SLURM_LOCALID'],
    node: ['SLURM_NODEID'],
    job: ['SLURM_JOB_ID'],
    step: ['SLURM_STEP_ID'],
    restart: RESTART,
    run: ['SLURM_JOB_ID', 'SLURM_STEP_ID', 'SLURM_RESTART_COUNT'],
    refuses: (env, { slurmStep }) => whyNoSlurmStep(env, slurmStep),
  },
  {
    name: 'pmix',
    source: 'from documentation',
    rank: 'PMIX_RANK',
    size: 'ROLECALL_SIZE', // only PMIx's own library knows it
    localRank: ['PMIX_LOCAL_RANK'],
    job: JOB,
    restart: RESTART,
    run: ['PMIX_NAMESPACE'],
  },
  {
    name: 'torque', // pbsdsh
    source: 'from documentation',
    rank: 'PBS_VNODENUM',
    size: 'PBS_NP',
    node: ['PBS_NODENUM'],
    job: ['PBS_JOBID'],
    run: ['PBS_JOBID'],
    refuses: (env) =>
      env['PBS_TASKNUM'] === '1' && env['PBS_NODENUM'] === '0' ? 'this is the body of the job' : undefined,
  },
  {
    name: 'openpbs', // pbsdsh
    source: 'from documentation',
    rank: null,
    size: null,
    node: ['PBS_NODENUM'],
    job: ['PBS_JOBID'],
    run: ['PBS_JOBID'],
  },
  {
    name: 'kubernetes', // a job with `completionMode: Indexed`
    source: 'from documentation',
    rank: 'JOB_COMPLETION_INDEX',
    size: 'ROLECALL_SIZE', // to be set in its manifest
    run: ['ROLECALL_RUN'],
  },
  {
    name: 'aws-batch',
    source: 'from documentation',
    rank: 'AWS_BATCH_JOB_NODE_INDEX',
    size: 'AWS_BATCH_JOB_NUM_NODES',
    node: ['AWS_BATCH_JOB_NODE_INDEX'],
    job: ['AWS_BATCH_JOB_ID'],
    restart: ['AWS_BATCH_JOB_ATTEMPT'],
    run: ['AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS', 'AWS_BATCH_JOB_ATTEMPT'],
  },
  {
    name: 'htcondor',
    source: 'from documentation',
    rank: '_CONDOR_PROCNO',
    size: '_CONDOR_NPROCS',
    run: ['ROLECALL_RUN'],
  },
];

/** Whether this is a task that OpenPBS's `pbsdsh` started: it has neither rank nor size, so a runner must find some for it. */
export function isPbsdshTask(env: Environment): boolean {
  return env['PBS_JOBID'] !== undefined && /^[\dA-F]{8}$/i.test(env['PBS_TASKNUM'] ?? '');
}
