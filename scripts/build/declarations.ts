import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** A module specifier of a declaration file, with what stands before it. */
const SPECIFIER = /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])([^'"\n]+)\2/g;

/**
 * Writes the declarations that can be reached from the given sources to a folder. The published package depends on
 * nothing, so its declarations may import only each other and Node's own modules.
 */
export function emitDeclarations(sources: readonly string[], folder: string): void {
  if (sources.length === 0) return;
  runTypeScript(sources, folder);
  const kept = new Set<string>();
  for (const source of sources) finish(resolve(folder, declarationName(source.replace(/^src\//, ''))), kept);
  removeOthers(resolve(folder), kept);
}

/** The entries are named in a configuration of their own, so that no other source can stop the build. */
function runTypeScript(sources: readonly string[], folder: string): void {
  const project = join(folder, 'tsconfig.json');
  const files = sources.map((source) => resolve(source));
  mkdirSync(folder, { recursive: true });
  writeFileSync(project, JSON.stringify({ extends: resolve('tsconfig.types.json'), files, include: [] }));
  const args = ['-p', project, '--outDir', folder];
  const tsc = spawnSync(join('node_modules', '.bin', 'tsc'), args, { stdio: ['ignore', 2, 2] });
  if (tsc.status !== 0) throw new Error(`Cannot build the declarations: tsc ended with ${tsc.status ?? tsc.signal}`);
}

/**
 * Removes from a folder of declarations those that the named ones do not lead to, and lets the others name each other
 * as a package does. Throws if one of them imports a package.
 */
export function keepReachable(folder: string, entries: readonly string[]): void {
  const kept = new Set<string>();
  for (const entry of entries) finish(resolve(folder, entry), kept);
  removeOthers(resolve(folder), kept);
}

/** Lets a declaration name its neighbours as they are called in a package (`.js`), then does the same for these. */
function finish(path: string, kept: Set<string>): void {
  if (kept.has(path)) return;
  kept.add(path);
  const text = readFileSync(path, 'utf8');
  for (const [, , , specifier = ''] of withoutComments(text).matchAll(SPECIFIER)) {
    if (specifier.startsWith('.')) finish(resolve(dirname(path), declarationName(specifier)), kept);
    else if (!specifier.startsWith('node:')) throw new Error(foreignImport(path, specifier));
  }
  writeFileSync(
    path,
    text.replace(SPECIFIER, (_, before, quote, name) => before + quote + scriptName(name) + quote),
  );
}

/** Comments show imports that are none. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '');
}

function foreignImport(path: string, specifier: string): string {
  return `Cannot publish ${path}: it imports '${specifier}', which users do not have. Declare the type in a file of ours`;
}

function declarationName(specifier: string): string {
  return specifier.replace(/\.[tj]s$/, '.d.ts');
}

function scriptName(specifier: string): string {
  return specifier.startsWith('.') ? specifier.replace(/\.ts$/, '.js') : specifier;
}

function removeOthers(folder: string, kept: ReadonlySet<string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(path)) rmSync(path);
  }
}
