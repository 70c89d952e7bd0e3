import { fileURLToPath } from 'node:url';
import { COUNT_OPERATIONS, sumOf, takeCounts } from '../test/support/count-operations.ts';
import { missing } from '../test/support/needs.ts';
import { SLURM, SlurmCluster } from '../test/support/slurm/slurm-cluster.ts';
import { within } from '../test/support/within.ts';
import type { Figure } from './figure.ts';
import { median, repeat, timed } from './measure.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(`./slurm/${name}`, import.meta.url));
const SPREAD = ['-N4', '-n8', '--ntasks-per-node=2'];
const MANY = 64;
/** As many processes on a machine of two cores take their time. */
const MANY_MS = 240_000;

/** The start of a cluster under a real `srun`, over four nodes that are namespaces of this machine. */
export async function benchSlurm(quick: boolean): Promise<Figure[]> {
  const lack = missing(SLURM);
  if (lack !== undefined) throw new Error(`Cannot measure under Slurm: ${lack}`);
  await using slurm = await SlurmCluster.start();
  const times = quick ? 1 : 5;
  const empty = median(await repeat(times, () => timed(() => slurm.srun(SPREAD, ['-e', '0']).endAndLeaveNothing())));
  const first = async (flags: readonly string[]): Promise<number> => {
    const samples = await repeat(times, () => timeToFirstResult(slurm, flags));
    return median(samples);
  };
  const [folder, pmi] = [await first(SPREAD), await first([...SPREAD, '--mpi=pmi2'])];
  const counts = await operations(slurm);
  const most = '<= 500 ms more than of an empty script';
  return [
    { name: 'srun of an empty script, 8 ranks, 4 nodes', value: empty, unit: 'ms', note: 'yardstick' },
    { name: 'first result, ranks meet in a folder', value: folder - empty, unit: 'ms', note: most },
    { name: 'first result, ranks meet through PMI', value: pmi - empty, unit: 'ms', note: most },
    {
      name: `${MANY} ranks: operations in the folder, most of one`,
      value: Math.max(...counts),
      unit: '',
      note: '<= 20',
    },
    { name: `${MANY} ranks: operations in the folder, median`, value: median(counts), unit: '', note: '' },
  ];
}

async function timeToFirstResult(slurm: SlurmCluster, flags: readonly string[]): Promise<number> {
  const start = performance.now();
  const job = slurm.srun(flags, [fileOf('first.js')]);
  await job.printed(/first result 2/);
  const ms = performance.now() - start;
  await job.endAndLeaveNothing();
  return ms;
}

/** How often each of many ranks touched the folder in which they met. */
async function operations(slurm: SlurmCluster): Promise<number[]> {
  const flags = ['-N4', `-n${MANY}`, '--overcommit', '--distribution=cyclic'];
  const env = { ROLECALL_WORKER_SLOTS: '1' };
  const job = slurm.srun(flags, ['--import', COUNT_OPERATIONS, fileOf('first.js')], env);
  try {
    const ended = new Promise<number | null>((resolve) => job.child.on('exit', resolve));
    const code = await within(ended, `the end of ${MANY} ranks`, MANY_MS);
    if (code !== 0) throw new Error(`${MANY} ranks ended with ${code}, expected 0: ${job.errors}`);
    const counts = takeCounts(job.cwd);
    if (counts.size !== MANY) throw new Error(`Cannot count: ${counts.size} of ${MANY} ranks said how often`);
    return [...counts.values()].map(sumOf);
  } finally {
    await job.discard();
  }
}
