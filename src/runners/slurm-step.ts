/**
 * Whether the variables of Slurm in an environment are those of a real step's rank. They are inherited: by the body of a batch script
 * that a rank submitted, and by the shell of an interactive step. Such a process alone would wait for ranks that never come.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** Steps that users start count from 0; the batch body and the shell of an interactive step have numbers beyond these. */
const STEP_ID = /^\d{1,9}$/;
/** What users start is in a step with a number; in a heterogeneous one with that of the component behind it. */
const USER_STEP = /\.\d+(\+\d+)?$/;

/**
 * Undefined if this is a rank of a step, else what speaks against it.
 *
 * @param above the step of the nearest `slurmstepd` above this process, such as `57.0` or `57.batch`, if it can be told
 */
export function whyNoSlurmStep(env: Environment, above?: string): string | undefined {
  const step = env['SLURM_STEP_ID'];
  if (step === undefined) return 'SLURM_STEP_ID is not set: this is the body of a batch script';
  if (!STEP_ID.test(step)) return `SLURM_STEP_ID ${step} is no step that srun starts: this is an interactive shell`;
  if (above !== undefined && !USER_STEP.test(above))
    return `its ancestor is the slurmstepd of ${above}, which is no step of srun`;
  const ranksHere = (env['SLURM_GTIDS'] ?? '').split(',');
  if (!ranksHere.includes(env['SLURM_PROCID'] ?? '?'))
    return 'SLURM_PROCID is not among SLURM_GTIDS: it is left from another step';
  if (env['SLURM_HET_SIZE'] !== undefined) return undefined; // its steps span several jobs, so what follows need not hold
  const expected = tasksOnNode(env['SLURM_STEP_TASKS_PER_NODE'] ?? '', Number(env['SLURM_NODEID']));
  if (expected !== undefined && expected !== ranksHere.length)
    return `SLURM_GTIDS has ${ranksHere.length} ranks where SLURM_STEP_TASKS_PER_NODE says ${expected}: the step is another one's`;
  if (Number(env['SLURM_STEP_NUM_NODES']) > Number(env['SLURM_JOB_NUM_NODES']))
    return 'SLURM_STEP_NUM_NODES is more than SLURM_JOB_NUM_NODES: the step is that of another job';
  return undefined;
}

/** Whether PMI's variables are those of `srun --mpi=pmi2`, not of an `mpiexec` that runs in the step. */
export function isStepOwnPmi(env: Environment, above?: string): boolean {
  const { SLURM_JOB_ID: job, SLURM_STEP_ID: step, PMI_JOBID, PMI_RANK, PMI_SIZE } = env;
  const isSame = PMI_RANK === env['SLURM_PROCID'] && PMI_SIZE === env['SLURM_STEP_NUM_TASKS'];
  return PMI_JOBID === `${job}.${step}` && isSame && whyNoSlurmStep(env, above) === undefined;
}

/** An allocation of Slurm in which this process is, although it is no rank of a step. */
export interface Allocation {
  readonly job: string;
  readonly tasks: number;
  readonly nodes: number;
}

/** The allocation whose batch body or shell this is, if it is one for several ranks. */
export function allocationOfSeveral(env: Environment): Allocation | undefined {
  const job = env['SLURM_JOB_ID'];
  const tasks = Number(env['SLURM_NTASKS'] ?? env['SLURM_NPROCS'] ?? 1);
  const nodes = Number(env['SLURM_JOB_NUM_NODES'] ?? env['SLURM_NNODES'] ?? 1);
  return job !== undefined && (tasks > 1 || nodes > 1) ? { job, tasks, nodes } : undefined;
}

/** The n-th number of a list such as `2(x3),1`, which stands for 2, 2, 2, 1. */
function tasksOnNode(list: string, node: number): number | undefined {
  let first = 0;
  for (const item of list.split(',')) {
    const [, tasks, nodes = '1'] = item.match(/^(\d+)(?:\(x(\d+)\))?$/) ?? [];
    if (tasks === undefined) return undefined;
    first += Number(nodes);
    if (node < first) return Number(tasks);
  }
  return undefined;
}
