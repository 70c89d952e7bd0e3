// deadline: 400 s
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadAddon } from '../../src/native/load.ts';
import { MPI_LAUNCHERS, MPICH, type MpiLauncher, missingLauncher, OPEN_MPI } from '../support/mpi-launchers.ts';
import { CLI, Job, type JobEnd, runJob } from '../support/run-job.ts';

const test = suite('MPIRunner');
const jobFile = (name: string): string => new URL(name, import.meta.url).pathname;
const JOB = jobFile('./jobs/mpi.ts');
const BUSY = jobFile('../ends/jobs/busy.ts');
const OTHERS_LIBRARY = { 'Open MPI': 'libmpich.so.12', MPICH: 'libmpi.so.40' } as const;

interface Asked {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly late?: number;
  readonly throws?: boolean;
}

type Env = Readonly<Record<string, string>>;

function start(launcher: MpiLauncher, ranks: number, words: readonly string[], env: Env = {}): Job {
  const { program } = launcher;
  return new Job([...launcher.words(ranks), process.execPath, ...words], { program, env: { ...launcher.env, ...env } });
}

/** Runs a job to its end, after which nothing may be left. */
function run(launcher: MpiLauncher, ranks: number, asked: Asked, env: Env = {}): Promise<JobEnd> {
  return start(launcher, ranks, [JOB, JSON.stringify(asked)], env).endAndLeaveNothing();
}

/** What the client printed, after a run in which all went well. */
function said({ code, out, err }: JobEnd): Record<string, unknown> {
  assert.is(code, 0, err);
  assert.not.match(out + err, /abort|exiting improperly|APPLICATION TERMINATED/i);
  const lines = out.split(/\r?\n/).filter((line) => line !== '');
  assert.is(lines.length, 1, out);
  return JSON.parse(lines[0] as string);
}

const squares = [1, 4, 9];

function mpiTest(title: string, needed: readonly MpiLauncher[], body: () => Promise<void>): void {
  const missing = loadAddon().missing ?? needed.map(missingLauncher).find((text) => text !== null);
  test(title, missing === undefined ? body : async () => console.log(`SKIP ${title}: ${missing}`));
}

for (const launcher of MPI_LAUNCHERS) {
  const { name } = launcher;

  mpiTest(
    `${name}: three ranks and eight are a cluster, which ends with 0 and without a word`,
    [launcher],
    async () => {
      for (const size of [3, 8]) {
        const end = await run(launcher, size, {});
        const workers = Array.from({ length: size - 2 }, (_, i) => String(i + 2));
        assert.equal(said(end), { rank: 1, size, workers, squares, onLast: String(size - 1) });
        assert.is(end.err, '');
      }
    },
  );

  mpiTest(`${name}: other ranks for the roles`, [launcher], async () => {
    const end = await run(launcher, 4, { options: { schedulerRank: 3, clientRank: 0 } });
    const { onLast: _, ...rest } = said(end);
    assert.equal(rest, { rank: 0, size: 4, workers: ['1', '2'], squares });
  });

  mpiTest(`${name}: two ranks are enough if both work too`, [launcher], async () => {
    const end = await run(launcher, 2, { options: { inclusive: true } });
    assert.equal(said(end), { rank: 1, size: 2, workers: ['0', '1'], squares, onLast: '1' });
  });

  mpiTest(`${name}: a scheduler that cannot start tells the client why`, [launcher], async () => {
    const { code, err } = await run(launcher, 3, { options: { schedulerOptions: { host: '203.0.113.1' } } });
    assert.is(code, 1);
    assert.match(err, /Cannot start the cluster: the scheduler failed: Cannot listen on 203\.0\.113\.1/);
  });

  mpiTest(`${name}: an error of the client is printed once, and its code is the job's`, [launcher], async () => {
    const { code, out, err } = await run(launcher, 4, { throws: true });
    assert.is(code, 1);
    assert.is((out + err).match(/Error: the client is at the end of its wits/g)?.length, 1, err);
  });

  mpiTest(`${name}: one rank, or two, are told that they are too few`, [launcher], async () => {
    for (const size of [1, 2]) {
      const { code, err } = await run(launcher, size, {});
      assert.is(code, 1, err);
      assert.match(
        err,
        `Not enough MPI ranks to start the cluster: found ${size}, need at least 3: scheduler, client and one worker`,
      );
    }
  });

  mpiTest(`${name}: the library of another launcher is noticed`, [launcher], async () => {
    const { code, err } = await run(launcher, 3, { options: { mpiLibrary: OTHERS_LIBRARY[name] } });
    assert.is.not(code, 0);
    assert.match(err, /cannot meet by MPI: the launcher started rank \d of 3, and \S+ says rank 0 of 1/);
    assert.match(err, 'ROLECALL_MPI_LIBRARY');
  });

  mpiTest(
    `${name}: without the library the ranks meet all the same, and the user is told once`,
    [launcher],
    async () => {
      const end = await run(launcher, 3, { options: { mpiLibrary: 'libnowhere.so' } });
      assert.equal(said(end), { rank: 1, size: 3, workers: ['2'], squares, onLast: '2' });
      assert.match(
        end.err,
        /^rolecall: MPI is not used for the start, because libnowhere\.so: cannot open shared .*\n$/,
      );
    },
  );

  mpiTest(`${name}: without the addon they do too`, [launcher], async () => {
    const end = await run(launcher, 3, {}, { ROLECALL_ADDON: 'none' });
    assert.equal(said(end), { rank: 1, size: 3, workers: ['2'], squares, onLast: '2' });
    const why = 'rolecall: MPI is not used for the start, because the addon of this package is missing: ';
    const where = name === 'MPICH' ? 'through PMI' : 'in a folder';
    assert.match(end.err, new RegExp(`^${why}.* The ranks meet ${where}\\n$`));
  });

  mpiTest(`${name}: a rank that does not come is waited for until the deadline`, [launcher], async () => {
    const startedAt = performance.now();
    const { code, err } = await run(launcher, 4, { late: 3, options: { startTimeoutMs: 4000 } });
    assert.is.not(code, 0);
    assert.match(err, /Waited 4000 ms \(startTimeoutMs\) for .* MPI broadcast.*, in vain/);
    assert.ok(performance.now() - startedAt < 25_000);
  });

  for (const role of ['scheduler', 'client', 'worker 2']) {
    mpiTest(`${name}: a killed ${role} ends the job, and nothing is left`, [launcher], async () => {
      const job = start(launcher, 4, [BUSY]);
      const [, client] = await job.printed(/client is (\d+)/);
      await Promise.all([job.printed(/\[2 .*started/), job.printed(/\[3 .*started/)]);
      process.kill(role === 'client' ? Number(client) : (job.roles.get(role) as number), 'SIGKILL');
      const { code } = await job.end();
      assert.is(code, name === 'MPICH' ? 9 : 137);
      await job.allEnd();
      await job.discard();
    });
  }
}

test('where a directory is named, as `rolecall run` does, the ranks meet there', async () => {
  const { code, out, err } = await runJob([CLI, 'run', '-n', '3', JOB]);
  assert.is(code, 0, err);
  assert.match(out, '"workers":["2"]');
  assert.not.match(err, 'MPI');
});

mpiTest('MPICH: two starts of one script at once, in one folder, do not meet each other', [MPICH], async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shared-'));
  const ends = await Promise.all([3, 4].map((size) => run(MPICH, size, { options: { directory } })));
  for (const [i, size] of [3, 4].entries()) {
    const { rank, size: worldSize } = said(ends[i] as JobEnd);
    assert.equal([rank, worldSize], [1, size]);
  }
  assert.equal(readdirSync(directory), []);
  rmSync(directory, { recursive: true });
});

for (const role of ['scheduler', 'client']) {
  mpiTest(`MPICH: without the addon too, a killed ${role} ends the job, and nothing is left`, [MPICH], async () => {
    const job = start(MPICH, 4, [BUSY], { ROLECALL_ADDON: 'none' });
    const [, client] = await job.printed(/client is (\d+)/);
    await Promise.all([job.printed(/\[2 .*started/), job.printed(/\[3 .*started/)]);
    process.kill(role === 'client' ? Number(client) : (job.roles.get(role) as number), 'SIGKILL');
    const { code } = await job.end();
    assert.is.not(code, 0);
    await job.allEnd();
    await job.discard();
  });
}

mpiTest('MPICH: without the addon too, ranks that are told to end do', [MPICH], async () => {
  const job = start(MPICH, 4, [BUSY], { ROLECALL_ADDON: 'none' });
  await Promise.all([job.printed(/\[2 .*started/), job.printed(/\[3 .*started/)]);
  job.child.kill('SIGTERM'); // which it passes on
  const { code } = await job.end();
  assert.ok(
    code === 15 || code === 0,
    `${code}: that of the signal, which the client obeys, or 0 if Hydra ends before it has heard of it`,
  );
  await job.allEnd();
  await job.discard();
});

mpiTest('createRunner takes it under both launchers', [OPEN_MPI, MPICH], async () => {
  for (const launcher of MPI_LAUNCHERS) {
    const job = start(launcher, 3, [jobFile('./jobs/which-runner.ts')]);
    const { code, out, err } = await job.endAndLeaveNothing();
    assert.is(code, 0, err);
    assert.match(out, /^MPIRunner\r?\n$/);
  }
});

test.run();
