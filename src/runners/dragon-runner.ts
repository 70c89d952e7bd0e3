import { RolecallError } from '../errors.ts';
import { BaseRunner } from './base-runner.ts';
import type { Identity } from './identity.ts';
import { ownIdentity } from './surroundings.ts';

/**
 * Turns the ranks that a runtime of DragonHPC started, by `rolecall run --launcher dragon -n 8 job.js`, into a cluster. Their packets go
 * through that runtime, unless `transport` says otherwise.
 *
 * @throws {RolecallError} as `BaseRunner`; `ERR_RUNNER_START` if this is no such rank.
 */
export class DragonRunner extends BaseRunner {
  override identity(): Identity {
    const identity = ownIdentity();
    if (identity?.launcher === 'dragon') return identity;
    const way = 'Start the script with `rolecall run --launcher dragon -n 8 job.js`';
    const text = `Cannot start ${this.constructor.name}: no runtime of DragonHPC has started this process as a rank. ${way}`;
    throw new RolecallError('ERR_RUNNER_START', text);
  }

  protected override get ranksAreCalled(): string {
    return 'processes of Dragon';
  }
}
