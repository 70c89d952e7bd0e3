#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { newProgram } from './program.ts';

/** Of the package, whose file lies beside dist/. */
interface About {
  readonly version: string;
  readonly engines: { readonly node: string };
}

const about = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as About;

process.stdout.on('error', onOutputError);
try {
  checkNode(about.engines.node);
  await newProgram({ version: about.version }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else fail((error as Error).message);
}

function fail(message: string): void {
  process.stderr.write(`rolecall: ${message}\n`);
  process.exitCode = 1;
}

/** Who reads may have had enough, as in `rolecall doctor | head`. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') fail(`Cannot write to standard output: ${error.message}`);
}

/** Under an older Node.js a job would fail with a syntax error that says nothing of the cause. */
function checkNode(needed: string): void {
  const [major] = needed.match(/\d+/) ?? [];
  if (Number.parseInt(process.versions.node, 10) >= Number(major)) return;
  throw new Error(`This needs Node.js ${needed}; this is ${process.version}`);
}
