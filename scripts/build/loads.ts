import type { Metafile } from 'esbuild';

/**
 * One line that says how many files a process reads that loads each entry. Thousands of ranks do so at the same moment
 * from one parallel file system, so few files matter more than small ones.
 */
export function describeLoads(metafile: Metafile, entries: readonly string[]): string {
  const outputs = Object.keys(metafile.outputs);
  const loads = entries.map((entry) => {
    const files = [...loadedWith(metafile, outputs.find((path) => path.endsWith(`/${entry}.js`)) ?? entry)];
    const bytes = files.reduce((sum, file) => sum + (metafile.outputs[file]?.bytes ?? 0), 0);
    return `${entry} ${files.length} (${Math.round(bytes / 1000)} kB)`;
  });
  return `files that are loaded with each entry: ${loads.join(', ')}`;
}

/** The output itself and all that it imports statically. */
function loadedWith(metafile: Metafile, path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const imported of metafile.outputs[path]?.imports ?? []) {
    if (imported.kind === 'import-statement' && !imported.external) loadedWith(metafile, imported.path, seen);
  }
  return seen;
}
