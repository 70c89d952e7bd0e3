/** Loads the modules that decoded functions refer to, once per realm. */
import { builtinModules } from 'node:module';
import { compileFunction, constants } from 'node:vm';
import { RolecallError } from '../errors.ts';
import type { ModuleReference } from './imports.ts';
import { quietly } from './quietly.ts';

/** A module as one file asks for it. */
export type ModuleRequest = Pick<ModuleReference, 'parent' | 'specifier' | 'type'>;

type Namespace = Readonly<Record<string, unknown>>;
type Importer = (specifier: string, options: ImportCallOptions) => Promise<Namespace>;

/** The modules that are loaded so far. */
export class ModuleCache {
  readonly #namespaces = new Map<string, Namespace>();

  /**
   * Loads those that are not loaded yet; undefined if all are.
   * Rejects with ERR_IMPORT if one cannot be loaded.
   */
  load(requests: readonly ModuleRequest[]): Promise<void> | undefined {
    const missing = requests.filter((request) => !this.#namespaces.has(keyOf(request)));
    return missing.length === 0 ? undefined : this.#loadAll(missing);
  }

  /** What a reference refers to. @throws {RolecallError} ERR_IMPORT if it does not export that, or is not loaded. */
  resolve(reference: ModuleReference): unknown {
    const { name, property } = reference;
    const namespace = this.#namespaces.get(keyOf(reference));
    if (namespace === undefined) throw failed(reference, 'it was not loaded beforehand');
    if (name === '*') return namespace;
    if (!(name in namespace)) throw failed(reference, `it does not export \`${name}\``);
    const exported = namespace[name];
    return property === '' ? exported : (exported as Namespace)[property];
  }

  async #loadAll(requests: readonly ModuleRequest[]): Promise<void> {
    for (const request of requests) {
      try {
        this.#namespaces.set(keyOf(request), await importModule(request));
      } catch (cause) {
        throw failed(request, cause instanceof Error ? cause.message : String(cause), cause);
      }
    }
  }
}

async function importModule({ parent, specifier, type }: ModuleRequest): Promise<Namespace> {
  const options = type === '' ? {} : { with: { type } };
  const isBuiltin = specifier.startsWith('node:') || builtinModules.includes(specifier);
  if (isBuiltin || isUrl(specifier)) return import(specifier, options);
  if (/^\.{0,2}\//.test(specifier)) return import(new URL(specifier, parent).href, options);
  return quietly(() => importerFor(parent)(specifier, options));
}

/** A bare specifier means what it means to the file that holds it: that file's folder decides. */
function importerFor(parent: string): Importer {
  const loader = { filename: parent, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };
  return quietly(() =>
    compileFunction('return import(specifier, options)', ['specifier', 'options'], loader),
  ) as Importer;
}

function isUrl(specifier: string): boolean {
  return /^[a-z][a-z\d+.-]+:/i.test(specifier);
}

function keyOf({ parent, specifier, type }: ModuleRequest): string {
  return isUrl(specifier) ? `${specifier} ${type}` : `${parent} ${specifier} ${type}`;
}

function failed({ parent, specifier }: ModuleRequest, why: string, cause?: unknown): RolecallError {
  return new RolecallError('ERR_IMPORT', `cannot import "${specifier}" as ${parent} does: ${why}`, { cause });
}
