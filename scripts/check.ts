/**
 * Looks at format, lint, layers, types and generated pages. With `--write`, first mends what can be mended safely.
 *
 *     node scripts/check.ts [--write]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runChecks } from './checks.ts';
import { root } from './setup/repository.mjs';
import { printResult } from './test-runner/report.ts';
import { isOk } from './test-runner/result.ts';

if (process.argv.includes('--write')) {
  const biome = join(root, 'node_modules', '.bin', 'biome');
  // Twice: what one of its fixes leaves behind may be the business of another.
  for (const _ of [1, 2]) spawnSync(process.execPath, [biome, 'check', '--write'], { cwd: root, stdio: 'inherit' });
  spawnSync(process.execPath, [join('scripts', 'reference.ts'), '--write'], { cwd: root, stdio: 'inherit' });
}
const results = await runChecks();
results.forEach(printResult);
process.exitCode = results.every(isOk) ? 0 : 1;
