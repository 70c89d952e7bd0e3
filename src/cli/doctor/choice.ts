/** Which runner `createRunner()` would make here, and how its ranks would meet: asked of the classes themselves, none of which is constructed. */
import { tmpdir } from 'node:os';
import { launchedRunner } from '../../runners/create-runner.ts';
import type { Identity } from '../../runners/identity.ts';
import { LocalRunner } from '../../runners/local-runner.ts';
import type { ResolvedRunnerOptions } from '../../runners/options.ts';
import type { Means } from '../../runners/rendezvous/meeting-point.ts';

export interface Choice {
  readonly runner: string;
  readonly means: Means;
  /** Where the folder to meet in would be made; null if ranks need none. */
  readonly directory: string | null;
  /** Why there is no such folder. */
  readonly problem: string | null;
}

/** What of a runner decides, and needs no more than its options. */
interface Decisions {
  chooseMeans(): Means;
  chooseDirectory(identity: Identity): string;
}

/** @param identity undefined if no launcher says who this process is */
export function chooseHere(identity: Identity | undefined, options: ResolvedRunnerOptions): Choice {
  const Runner = launchedRunner(identity?.launcher) ?? LocalRunner;
  const runner = Runner.name;
  if (Runner === LocalRunner)
    return { runner, means: 'folder', directory: options.directory ?? tmpdir(), problem: null };
  const decisions = Object.assign(Object.create(Runner.prototype), { options }) as Decisions;
  try {
    const means = decisions.chooseMeans();
    const nobody = { size: 0, localSize: undefined } as Identity; // a task of pbsdsh: its rank is taken later
    const directory = means === 'folder' ? decisions.chooseDirectory(identity ?? nobody) : null;
    return { runner, means, directory, problem: null };
  } catch (error) {
    return { runner, means: 'folder', directory: null, problem: (error as Error).message };
  }
}
