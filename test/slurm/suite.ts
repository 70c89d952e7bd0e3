/** What the tests of real Slurm have in common: one private cluster for each file, and jobs on it. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { missing } from '../support/needs.ts';
import type { Job, JobEnd } from '../support/run-job.ts';
import { SLURM, SlurmCluster } from '../support/slurm/slurm-cluster.ts';

interface Context {
  readonly slurm: SlurmCluster;
}

/** A suite whose tests get a private Slurm of four nodes. Where that cannot be, each test is skipped, with the reason. */
export function slurmSuite(
  name: string,
): Pick<Test<Context>, 'run'> & ((title: string, body: (slurm: SlurmCluster) => Promise<void>) => void) {
  const test = suite<Context>(name);
  const lack = missing(SLURM);
  if (lack === undefined) {
    test.before(async (context) => {
      Object.assign(context, { slurm: await SlurmCluster.start() });
    });
    test.after(({ slurm }) => slurm[Symbol.asyncDispose]());
  }
  const add = (title: string, body: (slurm: SlurmCluster) => Promise<void>): void => {
    test(title, async ({ slurm }) => {
      if (lack === undefined) await body(slurm);
      else console.log(`SKIP ${name}: ${title}: ${lack}`);
    });
  };
  return Object.assign(add, { run: () => test.run() });
}

/** What the job `where.ts` says. */
export interface Where {
  readonly runnerIs: string;
  readonly rank: number;
  readonly nWorkers: number;
  readonly worldSize: number;
  readonly workers: readonly string[];
  readonly host: string;
  readonly job: string;
  readonly step: string;
  readonly restart: string;
}

export const jobFile = (name: string): string => new URL(`./jobs/${name}`, import.meta.url).pathname;

/** What a job printed as JSON; it must end well and say nothing else. */
export async function printed<T>(job: Job): Promise<T> {
  const { code, out, err } = await job.endAndLeaveNothing();
  assert.is(code, 0, `${err}${out}`);
  assert.is(err, '');
  return JSON.parse(out) as T;
}

/** A batch script that was run to its end, and the files that it left in its working directory. */
export interface Batch {
  readonly end: JobEnd;
  /** What it printed, both streams together. */
  readonly log: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A shell function that waits until a job has left the queue. */
export const UNTIL_DONE =
  'until_done() { while squeue --noheader --job="$1" 2>/dev/null | grep -q .; do sleep 0.1; done; }';

/** Submits a script and waits for its end. `files` are to be there then, and are read and removed. */
export async function runBatch(
  slurm: SlurmCluster,
  flags: readonly string[],
  script: string,
  files: readonly string[] = [],
): Promise<Batch> {
  // sbatch --wait looks only every few seconds. The exit code is that of the script, as Slurm keeps it.
  const submit = `id=$(sbatch --parsable --output=log ${flags.join(' ')} script.sh); rm script.sh`;
  const code = "scontrol show job $id | sed -n 's/.*ExitCode=\\([0-9]*\\):.*/\\1/p' | sort -n | tail -1";
  const wait = `${UNTIL_DONE}; until_done $id; exit $(${code})`;
  const job = slurm.job([
    'bash',
    '-c',
    `cat > script.sh <<'SCRIPT'\n#!/bin/bash\n${script}\nSCRIPT\n${submit}\n${wait}`,
  ]);
  const end = await job.end();
  const take = (name: string): string => {
    const file = join(job.cwd, name);
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    } finally {
      rmSync(file, { force: true });
    }
  };
  const log = take('log');
  const read = Object.fromEntries(files.map((name) => [name, take(name)]));
  await job.endAndLeaveNothing();
  return { end, log, files: read };
}
