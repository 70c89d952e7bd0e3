import { spawnSync } from 'node:child_process';
import { sandboxed, whatIsMissing } from '../test/support/dragon/sandbox.ts';
import type { Figure } from './figure.ts';

/** DragonHPC beside what this package does without it, on a real runtime in namespaces of its own. */
export async function benchDragon(quick: boolean): Promise<Figure[]> {
  const missing = whatIsMissing();
  if (missing !== undefined) throw new Error(`Cannot measure DragonHPC: ${missing}`);
  const { program, words, env } = sandboxed(new URL('./dragon/inside.ts', import.meta.url).pathname);
  const { stdout, status } = spawnSync(program, [...words, quick ? 'quick' : 'full'], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`Cannot measure DragonHPC: the bench ended with ${status}`);
  return JSON.parse(stdout) as Figure[];
}
