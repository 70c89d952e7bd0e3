import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * The Node that the private workspace `toolchain` brought; where it has none for this platform, the running one.
 *
 * @returns {string}
 */
export function repositoryNode() {
  const own = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const platform = `${process.platform} on ${process.arch}`;
  fail(
    `toolchain/ brings no Node.js for ${platform}, and this is ${process.version}. Install Node.js 24 and try again.`,
  );
}

/**
 * A hash of the contents of the named files; a file that is missing counts as such.
 *
 * @param {readonly string[]} paths
 * @returns {string}
 */
export function contentHash(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(`${path}\n`);
    hash.update(existsSync(path) ? readFileSync(path) : 'missing');
  }
  return hash.digest('hex');
}

/**
 * Runs a program to its end with its output on stderr (stdout belongs to the script that was asked for).
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 */
export function runOrFail(program, programArguments) {
  const result = spawnSync(program, programArguments, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.error) fail(`${program} could not be started: ${result.error.message}`);
  if (result.status !== 0)
    fail(`\`${[program, ...programArguments].join(' ')}\` ended with ${result.status ?? result.signal}`);
}

/**
 * Says in one line what the user is waiting for.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`rolecall: ${line}\n`);
}

/**
 * @param {string} line
 * @returns {never}
 */
function fail(line) {
  say(line);
  process.exit(1);
}
