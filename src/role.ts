/** The program of every rank that is not the client: becomes scheduler or worker, as the plan in its environment says. */
import { readFileSync } from 'node:fs';
import { FAREWELL, type Farewell } from './runners/farewell.ts';
import { takePlan } from './runners/role-plan.ts';
import { runRole } from './runners/run-role.ts';

const plan = takePlan();
if (plan !== undefined) await runRole(plan);
else if (process.argv[2] === FAREWELL) {
  const { deliverFarewell } = await import('./runners/runner-link.ts');
  await deliverFarewell(JSON.parse(readFileSync(0, 'utf8')) as Farewell).catch(() => {
    process.exitCode = 1; // nobody is left to be told
  });
} else {
  process.stderr.write('rolecall: this program is started by a runner, not by hand. See `rolecall --help`\n');
  process.exitCode = 2;
}
