import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { withoutFacades } from './builtin-imports.ts';
import { ALONE } from './entries.ts';

/** Bundled CommonJS (ws) asks for `require`, which a module does not have. */
const REQUIRE = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

/**
 * Bundles the entries that meet in a process in one go, so that what they share is in files of its own: a class or a variable of a
 * module exists once in a process, whichever entry it was reached through. Those that are alone in theirs are bundled one by one.
 * All files are in one folder, so that `new URL('./role.js', import.meta.url)` means the same in each. Not minified; esbuild's `keepNames` is off, because it
 * adds a call to the making of every closure.
 */
export async function bundle(entries: Readonly<Record<string, string>>, folder: string): Promise<Metafile> {
  const all = Object.entries(entries);
  const together = all.filter(([name]) => !ALONE.includes(name));
  const alone = all.filter(([name]) => ALONE.includes(name)).map((entry) => [entry]);
  const metafile: Metafile = { inputs: {}, outputs: {} };
  for (const group of [together, ...alone]) {
    const { inputs, outputs } = await bundleGroup(Object.fromEntries(group), folder);
    Object.assign(metafile.inputs, inputs);
    Object.assign(metafile.outputs, outputs);
  }
  makeExecutable(join(folder, 'cli.js'));
  return metafile;
}

async function bundleGroup(entries: Readonly<Record<string, string>>, folder: string): Promise<Metafile> {
  const { metafile, outputFiles } = await build({
    entryPoints: { ...entries },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'linked',
    legalComments: 'none',
    banner: { js: REQUIRE },
    // ws would look for two optional addons, in every folder up to the root, at each start.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    metafile: true,
    write: false,
    logLevel: 'silent', // what is wrong is in the error,
  });
  for (const { path, text } of outputFiles) writeFileSync(path, path.endsWith('.js') ? withoutFacades(text) : text);
  return metafile;
}

function makeExecutable(cli: string): void {
  if (!existsSync(cli)) return;
  if (!readFileSync(cli, 'utf8').startsWith('#!/usr/bin/env node\n')) {
    throw new Error('Cannot build the command `rolecall`: src/cli/main.ts must begin with `#!/usr/bin/env node`');
  }
  chmodSync(cli, 0o755);
}
