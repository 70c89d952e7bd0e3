/**
 * `import 'rolecall/auto'` as the first line of a job, or `node --import rolecall/auto job.js`: ranks that are not the client's take up
 * their roles before anything else of the job runs, even its other imports. Options come from the environment.
 */

import { resolveOptions } from './options/options.ts';
import { EnvRunner, launchedRunner } from './runners/create-runner.ts';
import { RUNNER_OPTIONS } from './runners/options.ts';
import { makeOutputSynchronous } from './runners/output.ts';
import { PLAN_VARIABLE, STARTED_VARIABLE } from './runners/role-plan.ts';
import { assignRole } from './runners/roles.ts';
import { ownIdentity } from './runners/surroundings.ts';

makeOutputSynchronous();
const identity = ownIdentity();
if (identity !== undefined && process.env[PLAN_VARIABLE] === undefined && process.env[STARTED_VARIABLE] === undefined) {
  const options = resolveOptions('rolecall/auto', RUNNER_OPTIONS, {}, process.env);
  const Launched = launchedRunner() ?? EnvRunner;
  if (assignRole(identity.rank, identity.size, options).role !== 'client') new Launched();
}
