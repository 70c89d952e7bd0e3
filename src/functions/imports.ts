/** Which names of a file are imported, and from where? Read from the file's text, once. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { acorn } from '../on-demand.ts';
import { quietly } from './quietly.ts';
import type { AnyNode } from './syntax.ts';

/** Something that a module exports, said in the words of a file that imports it. */
export interface ModuleReference {
  /** The URL of the file that imports. */
  readonly parent: string;
  readonly specifier: string;
  /** The import attribute `type`, such as "json"; empty if there is none. */
  readonly type: string;
  /** The exported name, "default", or "*" for the whole namespace. */
  readonly name: string;
  /** A property of what is exported: CommonJS modules export one object. Empty if the export itself is meant. */
  readonly property: string;
}

const tables = new Map<string, ReadonlyMap<string, ModuleReference>>();
const NOTHING: ReadonlyMap<string, ModuleReference> = new Map();

/** The imports of a file by their local names. Empty if the file cannot be read: then values travel instead. */
export function importsOf(url: string): ReadonlyMap<string, ModuleReference> {
  let table = tables.get(url);
  if (table === undefined) {
    table = url.startsWith('file:') ? readImports(url) : NOTHING;
    tables.set(url, table);
  }
  return table;
}

function readImports(url: string): ReadonlyMap<string, ModuleReference> {
  const body = parseFile(url);
  const table = new Map<string, ModuleReference>();
  for (const statement of body) {
    if (statement.type !== 'ImportDeclaration') continue;
    const from = { parent: url, specifier: literal(statement.source), type: importType(statement), property: '' };
    for (const specifier of statement.specifiers as AnyNode[]) {
      table.set((specifier.local as AnyNode).name as string, { ...from, name: importedName(specifier) });
    }
  }
  return table;
}

function parseFile(url: string): readonly AnyNode[] {
  try {
    const text = readFileSync(fileURLToPath(url), 'utf8');
    const script = /\.[cm]?ts$/.test(new URL(url).pathname) ? quietly(() => stripTypeScriptTypes(text)) : text;
    return acorn().parse(script, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true })
      .body as AnyNode[];
  } catch {
    return []; // CommonJS, or written in something else and compiled: no import bindings to find by name
  }
}

function importedName(specifier: AnyNode): string {
  if (specifier.type === 'ImportNamespaceSpecifier') return '*';
  if (specifier.type === 'ImportDefaultSpecifier') return 'default';
  const imported = specifier.imported as AnyNode;
  return (imported.name ?? imported.value) as string;
}

function importType(statement: AnyNode): string {
  const attributes = (statement.attributes ?? []) as AnyNode[];
  const type = attributes.find(({ key }) => ((key as AnyNode).name ?? (key as AnyNode).value) === 'type');
  return type === undefined ? '' : literal(type.value);
}

function literal(node: unknown): string {
  return (node as { readonly value: string }).value;
}
