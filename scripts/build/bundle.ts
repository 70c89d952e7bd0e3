import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { withoutFacades } from './builtin-imports.ts';
import { ALONE, SHARED } from './entries.ts';

/** A file of dist/, and what is in it. */
export interface BundledFile {
  readonly name: string;
  readonly bytes: number;
  /** Sources of which something is in it, from the root of the repository. */
  readonly sources: readonly string[];
  /** Names of the files that are loaded with it. */
  readonly imports: readonly string[];
}

/**
 * Bundles the entries that meet in a process in one go, so that what they share is in files of its own: a class or a variable of a
 * module exists once in a process, whichever entry it was reached through. Those that are alone in theirs are bundled one by one.
 * All files are in one folder, so that `new URL('./role.js', import.meta.url)` means the same in each. Not minified: it would not start
 * sooner, and names in stack traces would be lost.
 */
export async function bundle(entries: Readonly<Record<string, string>>, folder: string): Promise<BundledFile[]> {
  const all = Object.entries(entries);
  const together = all.filter(([name]) => !ALONE.includes(name));
  const alone = all.filter(([name]) => ALONE.includes(name)).map((entry) => [entry]);
  const files: BundledFile[] = [];
  for (const group of [together, ...alone]) files.push(...(await bundleGroup(Object.fromEntries(group), folder)));
  makeExecutable(join(folder, 'cli.js'));
  return files;
}

async function bundleGroup(input: Readonly<Record<string, string>>, folder: string): Promise<BundledFile[]> {
  await using build = await rolldown({
    input: { ...input },
    platform: 'node',
    // ws would look for two optional addons, in every folder up to the root, at each start.
    transform: {
      target: 'node24',
      define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    },
    onLog: (level, log) => {
      throw new Error(`Cannot bundle (${level}): ${log.message}`);
    },
  });
  const { output } = await build.generate({
    dir: folder,
    format: 'esm',
    sourcemap: true,
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: Object.keys(input).length === 1 ? false : { groups: sharedFiles() },
  });
  for (const file of output) {
    const text = file.type === 'chunk' ? withoutFacades(file.code) : file.source;
    writeFileSync(join(folder, file.fileName), text);
  }
  return output.filter((file) => file.type === 'chunk').map(described);
}

/** The order of `SHARED`, as priorities. Each takes what its modules need, unless one before has it. */
function sharedFiles(): { name: string; priority: number; test: (module: string) => boolean }[] {
  return Object.entries(SHARED).map(([name, modules], i, { length }) => {
    const paths = modules.map((module) => (module.endsWith('/') ? `${resolve(module)}/` : resolve(module)));
    return { name, priority: length - i, test: (module) => paths.some((path) => module.startsWith(path)) };
  });
}

function described({ fileName, code, modules, imports }: OutputChunk): BundledFile {
  const used = Object.entries(modules).filter(([, { renderedLength }]) => renderedLength > 0);
  return { name: fileName, bytes: code.length, sources: used.map(([path]) => relative('.', path)), imports };
}

function makeExecutable(cli: string): void {
  if (!existsSync(cli)) return;
  if (!readFileSync(cli, 'utf8').startsWith('#!/usr/bin/env node\n')) {
    throw new Error('Cannot build the command `rolecall`: src/cli/main.ts must begin with `#!/usr/bin/env node`');
  }
  chmodSync(cli, 0o755);
}
