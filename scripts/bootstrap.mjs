/**
 * Runs one of the repository's own scripts with the repository's own Node 24, from a fresh clone on: installs what
 * package-lock.json asks for and builds dist/, each only where it is not there yet.
 *
 *     node scripts/bootstrap.mjs [--no-build] <script> [arguments…]
 *
 * This file and what it imports must run under Node 20 and without any dependency.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfStale } from './setup/build-if-stale.mjs';
import { installIfStale } from './setup/install-if-stale.mjs';
import { repositoryNode, root } from './setup/repository.mjs';

const words = process.argv.slice(2);
const build = words[0] !== '--no-build';
const [script, ...rest] = build ? words : words.slice(1);
if (script === undefined) throw new Error('Cannot run a script: none was named. Say `bootstrap.mjs <script>`.');

installIfStale();
if (build) buildIfStale();
replaceBy(repositoryNode(), [join(root, script), ...rest]);

/**
 * Goes on as the given program, as far as one process can stand for another: its signals and its end are ours.
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 */
function replaceBy(program, programArguments) {
  const child = spawn(program, programArguments, { stdio: 'inherit' });
  process.on('SIGINT', () => {}); // the terminal sends it to the child too
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
