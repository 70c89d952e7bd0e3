/**
 * Is this function exported by the module that it was written in? Then the receiver imports it from there instead
 * of getting a copy: it shares the module's state, and its class is the one that the module's own code knows.
 *
 * The main script is never asked: importing it elsewhere would run the job again.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import type { ModuleReference } from './imports.ts';
import { mainUrl } from './scripts.ts';

/** Files whose functions arrived here by value. They may not be loaded in this thread, so they are not asked either. */
const copied = new Set<string>();
const exportsByUrl = new Map<string, ReadonlyMap<unknown, ModuleReference>>();

/** Remembers that code of a file came by value. */
export function noteCopied(url: string): void {
  copied.add(url);
}

/** How to import `fn`, which was written in the file at `url`; undefined if it has to travel by value. */
export function exportOf(fn: object, url: string): ModuleReference | undefined {
  let table = exportsByUrl.get(url);
  if (table === undefined) {
    if (!url.startsWith('file:') || url === mainUrl() || copied.has(url)) return undefined;
    table = listExports(url);
    exportsByUrl.set(url, table);
  }
  return table.get(fn);
}

function listExports(url: string): ReadonlyMap<unknown, ModuleReference> {
  const table = new Map<unknown, ModuleReference>();
  const reference = { parent: url, specifier: url, type: '', name: 'default', property: '' };
  try {
    // The file is loaded, since a function of it is in our hands: this only looks its exports up.
    const exported = createRequire(url)(fileURLToPath(url)) as object;
    if (types.isModuleNamespaceObject(exported)) {
      for (const name of Object.keys(exported)) add(table, readExport(exported, name), { ...reference, name });
      return table;
    }
    add(table, exported, reference);
    for (const property of Object.keys(exported)) {
      add(table, readExport(exported, property), { ...reference, property });
    }
  } catch {
    // A module with top-level await, or one that is still being evaluated: its functions travel by value.
  }
  return table;
}

function add(table: Map<unknown, ModuleReference>, value: unknown, reference: ModuleReference): void {
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) table.set(value, reference);
}

function readExport(owner: object, name: string): unknown {
  try {
    return (owner as Record<string, unknown>)[name];
  } catch {
    return undefined; // not initialised yet
  }
}
