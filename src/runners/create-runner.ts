import { BaseRunner, type BaseRunnerOptions } from './base-runner.ts';
import { identify } from './identity.ts';
import { LocalRunner, type LocalRunnerOptions } from './local-runner.ts';

/** A runner for whatever launcher set rank and size in the environment. */
export class EnvRunner extends BaseRunner {}

/**
 * The runner that fits: if a launcher started this process, its ranks form the cluster; if none did, this process starts
 * its own (`nWorkers` of them, which is ignored under a launcher).
 *
 * @throws {RolecallError} as `BaseRunner`.
 */
export function createRunner(options: BaseRunnerOptions & Pick<LocalRunnerOptions, 'nWorkers'> = {}): BaseRunner {
  const { nWorkers, ...rest } = options;
  if (identify(process.env) !== undefined) return new EnvRunner(rest);
  return new LocalRunner(nWorkers === undefined ? rest : { ...rest, nWorkers });
}
