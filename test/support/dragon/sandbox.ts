/**
 * Real DragonHPC for tests, where it can harm nobody: with processes, mounts and /dev/shm of its own, in which nothing outlives the
 * test, and with a `dragon-cleanup` that does nothing (the real one ends processes and removes files of the whole user).
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INSIDE = 'ROLECALL_TEST_IN_DRAGON_SANDBOX';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const VENV = join(ROOT, '.dragon', '0.15.0');
const UNSHARE = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

const SETUP = `
mount -t tmpfs -o size=8g,mode=1777 none /dev/shm
mount -t tmpfs none /mnt
mkdir /mnt/bin
printf '#!/bin/sh\\nexit 0\\n' > /mnt/bin/dragon-cleanup
cp /mnt/bin/dragon-cleanup /mnt/bin/dragon-node-cleanup
chmod +x /mnt/bin/*
export PATH=/mnt/bin:$VENV/bin:$PATH
"$@"
`;

/**
 * Runs the tests of a file in a sandbox: outside, it starts the file once more inside; there, `tests` is called. Where that cannot
 * be, it says so as a skipped test.
 */
export async function inDragonSandbox(file: ImportMeta, tests: () => void | Promise<void>): Promise<void> {
  if (process.env[INSIDE] !== undefined) return tests();
  const missing = whatIsMissing();
  if (missing !== undefined) return console.log(`SKIP ${file.filename}: ${missing}`);
  const { program, words, env } = sandboxed(file.filename);
  const child = spawn(program, words, { stdio: 'inherit', env });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
}

/** How to start a file in a sandbox. */
export function sandboxed(file: string): { program: string; words: string[]; env: NodeJS.ProcessEnv } {
  const [program, ...flags] = UNSHARE;
  const words = [...flags, 'bash', '-c', SETUP, 'sandbox', process.execPath, file];
  return { program, words, env: { ...process.env, VENV, [INSIDE]: '1' } };
}

/** What stands in the way of a sandbox, if anything does. */
export function whatIsMissing(): string | undefined {
  if (!existsSync(join(VENV, 'ready')))
    return 'DragonHPC is not there. Run scripts/dragon-venv, with Python 3.11 to 3.13';
  const [unshare, ...flags] = UNSHARE;
  if (spawnSync(unshare, [...flags, 'true']).status === 0) return undefined;
  return 'no namespaces can be made (unshare). Run as root, where that is allowed';
}
