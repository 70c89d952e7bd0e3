import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { contentHash, root, runOrFail, say } from './repository.mjs';

const lock = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules', '.rolecall-stamp');

/** Installs the dependencies if what is installed is not what package-lock.json asks for on this platform. */
export function installIfStale() {
  const wanted = `${process.platform}-${process.arch}-${contentHash([lock])}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('installing dependencies (once; about 400 MB with the Node.js 24 that is used here)…');
  install();
  writeFileSync(stamp, wanted);
}

/**
 * Our own npm runs inside another, whose settings it inherits through the environment: so what must hold is said.
 * No dependency needs its install script. Warnings are kept quiet: this package wants Node 24, npm may run under 20.
 */
function install() {
  const command = existsSync(lock) ? 'ci' : 'install';
  const settings = ['--include=dev', '--include=optional', '--ignore-scripts', '--dry-run=false', '--global=false'];
  const [npm, ...npmArguments] = npmCommand();
  runOrFail(npm, [...npmArguments, command, ...settings, '--no-audit', '--no-fund', '--loglevel=error']);
}

/**
 * The npm that started us, else the one in PATH.
 *
 * @returns {[string, ...string[]]}
 */
function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  return npm && basename(npm).startsWith('npm-cli') ? [node ?? process.execPath, npm] : ['npm'];
}
