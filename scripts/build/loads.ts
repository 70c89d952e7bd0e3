import type { BundledFile } from './bundle.ts';

/** One line that says how many files a process reads that loads each entry. */
export function describeLoads(files: readonly BundledFile[], entries: readonly string[]): string {
  const byName = new Map(files.map((file) => [file.name, file]));
  const loads = entries.map((entry) => {
    const loaded = [...loadedWith(byName, `${entry}.js`)];
    const bytes = loaded.reduce((sum, file) => sum + file.bytes, 0);
    return `${entry} ${loaded.length} (${Math.round(bytes / 1000)} kB)`;
  });
  return `files that are loaded with each entry: ${loads.join(', ')}`;
}

/** The file itself and all that it imports statically. */
function loadedWith(
  files: ReadonlyMap<string, BundledFile>,
  name: string,
  seen = new Set<BundledFile>(),
): Set<BundledFile> {
  const file = files.get(name); // undefined: a module of Node's
  if (file === undefined || seen.has(file)) return seen;
  seen.add(file);
  for (const imported of file.imports) loadedWith(files, imported, seen);
  return seen;
}
