/** Environments as launchers made them, recorded in `test/runners/environments/`: what names a launcher, and no more. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../runners/environments/', import.meta.url);

export function environmentNames(): string[] {
  return readdirSync(FOLDER).map((name) => name.replace(/\.env$/, ''));
}

export function recordedEnvironment(name: string): Record<string, string> {
  const lines = readFileSync(new URL(`${name}.env`, FOLDER), 'utf8')
    .trim()
    .split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
