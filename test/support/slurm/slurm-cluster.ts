/** A private Slurm of several nodes, each with a network and a host name of its own, for the tests of one file. See `cluster.sh`. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Needs } from '../needs.ts';
import { Job } from '../run-job.ts';
import { within } from '../within.ts';

export const SLURM: Needs = {
  programs: ['slurmctld', 'slurmd', 'srun', 'munged', 'ip', 'unshare', 'nsenter'],
  packages: 'slurm-wlm slurm-client slurm-wlm-basic-plugins munge iproute2',
  root: true,
};

const SCRIPT = fileURLToPath(new URL('./cluster.sh', import.meta.url));
const NAMESPACES = ['--pid', '--fork', '--kill-child', '--net', '--uts', '--mount', '--mount-proc'];
const START_MS = 30_000;
const STOP_MS = 15_000;
const REQUEUE_MS = 30_000;

/** What an allocation around these tests would say. */
const OTHERS = /^(SLURM|SBATCH|SALLOC|SRUN|PMI|PMIX|OMPI|PALS)_/;

export class SlurmCluster implements AsyncDisposable {
  /** For jobs that are started from now on: how long each thing that is waited for may take. */
  deadlineMs: number | undefined;
  readonly #folder: string;
  readonly #shell: ChildProcess;

  private constructor(folder: string, shell: ChildProcess) {
    this.#folder = folder;
    this.#shell = shell;
  }

  /** Resolves when all nodes are idle. It takes half a second. */
  static async start(nodes = 4): Promise<SlurmCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
    for (const name of Object.keys(process.env)) if (OTHERS.test(name)) delete process.env[name];
    const words = [...NAMESPACES, SCRIPT, folder, String(nodes)];
    const shell = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const cluster = new SlurmCluster(folder, shell);
    const isUp = new Promise<boolean>((resolve) => {
      shell.stdout?.on('data', (text) => resolve(String(text).includes('up')));
      shell.on('close', () => resolve(false));
    });
    if (await within(isUp, 'the private Slurm to start', START_MS)) return cluster;
    throw new Error(`The private Slurm did not start. ${cluster.log}`);
  }

  /** A job that is started by `srun` with these flags on the login node; `words` are what stands behind `node`. */
  srun(flags: readonly string[], words: readonly string[], env: Readonly<Record<string, string>> = {}): Job {
    return this.job(['srun', ...flags, process.execPath, ...words], env);
  }

  /** A job that is started by any command on the login node. */
  job(command: readonly string[], env: Readonly<Record<string, string>> = {}): Job {
    const [program, ...rest] = this.#onLoginNode('cd "$TMPDIR/../cwd" && exec "$@"'); // the job's working directory
    const patience = this.deadlineMs === undefined ? {} : { deadlineMs: this.deadlineMs };
    return new Job([...rest, ...command], { program, env: { ...this.environment, ...env }, ...patience });
  }

  /** The variable by which Slurm's commands find this cluster. */
  get environment(): Record<string, string> {
    return { SLURM_CONF: join(this.#folder, 'etc', 'slurm.conf') };
  }

  /** A folder that is another one on each node. */
  get localFolder(): string {
    return join(this.#folder, 'local');
  }

  /** Runs a command of Slurm on the login node, and resolves with what it printed. */
  async command(...words: readonly string[]): Promise<string> {
    const [program, ...rest] = this.#onLoginNode('exec "$@"', '--pid');
    const { stdout } = await promisify(execFile)(program, [...rest, ...words], {
      env: { ...process.env, ...this.environment },
    });
    return stdout.trim();
  }

  /** Waits for a job that was put back into the queue, and lets it begin at once instead of in two minutes. */
  async untilRequeued(): Promise<void> {
    const end = performance.now() + REQUEUE_MS;
    while (performance.now() < end) {
      const pending = await this.command('squeue', '--noheader', '--states=PENDING', '--format=%A %r');
      const [, job] = pending.match(/^(\d+) BeginTime$/m) ?? [];
      if (job !== undefined) return void (await this.command('scontrol', 'update', `JobId=${job}`, 'StartTime=now'));
      await delay(100);
    }
    throw new Error(`Waited ${REQUEUE_MS} ms in vain for a job to be put back into the queue. ${this.log}`);
  }

  /** The ends of its logs, for the message of a test that failed. */
  get log(): string {
    const folder = join(this.#folder, 'log');
    const logs = readdirSync(folder).map((name) => `${name}: ${readFileSync(join(folder, name), 'utf8').slice(-1500)}`);
    return logs.join('\n');
  }

  /** Ends it, with all that was started in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#shell.once('exit', resolve));
    this.#shell.stdin?.end();
    await within(ended, 'the end of the private Slurm', STOP_MS);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** With its numbering of processes too, signals to what is started here would not reach the command. */
  #onLoginNode(script: string, ...flags: readonly string[]): [string, ...string[]] {
    const target = ['--target', String(this.#firstProcess), '--net', '--mount', '--uts', ...flags];
    return ['nsenter', ...target, 'sh', '-c', script, 'sh'];
  }

  /** The first process in the namespaces. */
  get #firstProcess(): number {
    const { pid } = this.#shell;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }
}
