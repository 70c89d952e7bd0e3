import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { RolecallError } from '../errors.ts';
import { resolveOptions } from '../options/options.ts';
import { BaseRunner, type BaseRunnerOptions, type Identity } from './base-runner.ts';
import { LOCAL_OPTIONS } from './options.ts';
import { makeTemporaryFolder } from './rendezvous/temporary-folder.ts';
import { type RolePlan, spawnRole } from './role-plan.ts';

export interface LocalRunnerOptions extends Omit<BaseRunnerOptions, keyof typeof ROLES> {
  /** Worker processes to start. @default one per core */
  readonly nWorkers?: number;
}

const END_MS = 5000;
/** What the environment may say of them is for runners under a launcher. */
const ROLES = { scheduler: true, client: true, schedulerRank: 0, clientRank: 1, inclusive: false } as const;

interface World {
  readonly nWorkers: number;
  readonly children: ChildProcess[];
  readonly removeFolder: () => void;
}

// The base constructor calls the methods below before fields of this class could be set.
const worlds = new WeakMap<LocalRunner, World>();
let pending = 1;

/**
 * A cluster on this machine without a launcher: this process is the client (rank 1) and starts scheduler (rank 0) and workers
 * (ranks 2, 3, …) itself. They end with it.
 */
export class LocalRunner extends BaseRunner {
  /** @throws {RolecallError} as `BaseRunner`. */
  constructor({ nWorkers: given, ...options }: LocalRunnerOptions = {}) {
    const { nWorkers = availableParallelism() } = resolveOptions(
      'LocalRunner',
      LOCAL_OPTIONS,
      { nWorkers: given },
      process.env,
    );
    for (const name of Object.keys(ROLES)) {
      if ((options as Record<string, unknown>)[name] === undefined) continue;
      const text = `Cannot use the options of LocalRunner: "${name}" is for runners under a launcher. Here this process is the client, and starts scheduler and workers`;
      throw new RolecallError('ERR_INVALID_OPTION', text);
    }
    pending = nWorkers;
    super({ ...options, ...ROLES });
  }

  override identity(): Identity {
    const size = pending + 2;
    const removeFolder = (): void => rmSync(this.folder, { recursive: true, force: true });
    worlds.set(this, { nWorkers: pending, children: [], removeFolder });
    return { launcher: 'local', rank: 1, size, localRank: 1, localSize: size, run: randomUUID() };
  }

  protected override chooseFolder(): string {
    const folder = makeTemporaryFolder(this.options.directory ?? tmpdir());
    process.on('exit', worldOf(this).removeFolder); // the scheduler does it, unless it was killed
    return folder;
  }

  /** These ranks are of this process alone: unlike one under a launcher, it may start others later, and so may its children. */
  protected override startRanks(plan: Omit<RolePlan, 'role'>): void {
    const { children, nWorkers } = worldOf(this);
    children.push(spawnRole({ ...plan, role: 'scheduler', rank: 0, name: '0' }));
    for (let rank = 2; rank < nWorkers + 2; rank++)
      children.push(spawnRole({ ...plan, role: 'worker', rank, name: String(rank) }));
  }

  protected override checkScheduler(): void {
    const [scheduler] = worldOf(this).children;
    if (scheduler?.pid !== undefined && !hasEnded(scheduler.pid)) return;
    throw new RolecallError(
      'ERR_RUNNER_START',
      'Cannot start the cluster: the scheduler ended while it started. What it printed says why',
    );
  }

  protected override giveUp(): void {
    this.ranksEnded().catch(() => {});
  }

  protected override async ranksEnded(): Promise<void> {
    const { children, removeFolder } = worldOf(this);
    for (const child of children) child.stdin?.destroy(); // those that have not joined yet end with that
    const ended = children.map((child) => hasExited(child) || new Promise((resolve) => child.once('exit', resolve)));
    for (const child of children) child.ref();
    const late = delay(END_MS, 'late' as const, { ref: false });
    if ((await Promise.race([Promise.all(ended), late])) === 'late')
      for (const child of children) child.kill('SIGKILL');
    removeFolder();
    process.off('exit', removeFolder);
  }
}

function worldOf(runner: LocalRunner): World {
  return worlds.get(runner) as World;
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Also while the event loop stands still, so that its exit cannot be heard: then it is a zombie. */
function hasEnded(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform === 'linux';
  }
}
