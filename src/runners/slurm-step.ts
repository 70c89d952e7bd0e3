/**
 * Whether the variables of Slurm in an environment are those of a real step's rank. They are inherited: by the body of a batch script
 * that a rank submitted, and by the shell of an interactive step. Such a process alone would wait for ranks that never come.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** Steps that users start count from 0; the batch body and the shell of an interactive step have numbers beyond these. */
const STEP_ID = /^\d{1,9}$/;

export function isSlurmStep(env: Environment): boolean {
  const ranksHere = (env['SLURM_GTIDS'] ?? '').split(',');
  if (!STEP_ID.test(env['SLURM_STEP_ID'] ?? '') || !ranksHere.includes(env['SLURM_PROCID'] ?? '?')) return false;
  if (env['SLURM_HET_SIZE'] !== undefined) return true; // its steps span several jobs, so what follows does not hold
  const expected = tasksOnNode(env['SLURM_STEP_TASKS_PER_NODE'] ?? '', Number(env['SLURM_NODEID']));
  if (expected !== undefined && expected !== ranksHere.length) return false;
  const hasMoreNodesThanJob = Number(env['SLURM_STEP_NUM_NODES']) > Number(env['SLURM_JOB_NUM_NODES']);
  return !hasMoreNodesThanJob;
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
