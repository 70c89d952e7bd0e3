import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './setup/repository.mjs';
import { Output } from './test-runner/output.ts';
import type { FileResult } from './test-runner/result.ts';

const BIN = join('node_modules', '.bin');

/** Looks at format, lint and layers (Biome), at the types (TypeScript) and at the generated pages, all at the same time. */
export function runChecks(): Promise<FileResult[]> {
  const biome = [join(BIN, 'biome'), 'ci', '--reporter=concise', '--error-on-warnings', '--colors=off'];
  const tsc = [join(BIN, 'tsc'), '-p', 'tsconfig.json', '--pretty', 'false'];
  return Promise.all([
    runCheck('check: format, lint, layers', biome),
    runCheck('check: types', tsc),
    runCheck('check: generated pages', [join('scripts', 'reference.ts')]),
  ]);
}

/** Installs what tests of real launchers need, where it may. That it fails stops no test: those say what they miss. */
export function runSetUp(): Promise<FileResult> {
  return runCheck('check: packages for the tests', [], join('scripts', 'hpc-packages'));
}

/** The same for DragonHPC, which comes from Python's package index. */
export function runDragonSetUp(): Promise<FileResult> {
  return runCheck('check: DragonHPC for the tests', [], join('scripts', 'dragon-venv'));
}

/** Builds dist/ if need be. That it fails does not stop the tests that need no build. */
export function runBuild(): Promise<FileResult> {
  return runCheck('check: build', [join('scripts', 'build.ts'), '--if-stale']);
}

async function runCheck(
  name: string,
  words: readonly string[],
  program: string = process.execPath,
): Promise<FileResult> {
  const startedAt = performance.now();
  const output = new Output();
  const child = spawn(program, words, { cwd: root });
  output.follow(child.stdout);
  output.follow(child.stderr);
  const [code] = await once(child, 'close');
  const passed = code === 0 ? 1 : 0;
  const seconds = (performance.now() - startedAt) / 1000;
  const problems = code === 0 ? [] : [`${words[0] ?? program} exited with code ${code}`];
  return { name, passed, failed: 1 - passed, skipped: 0, skips: [], problems, seconds, output: output.lines };
}
