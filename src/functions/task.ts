import type { ModuleReference } from './imports.ts';

type Callable = (...args: never) => unknown;

/** A task that is known by where it is exported. Called directly, it imports its module and calls the function there. */
export type TaskReference<F extends Callable> = (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;

const references = new WeakMap<object, ModuleReference>();

/**
 * Names a task function explicitly: it travels as a reference, and each worker imports the module. For bundles, for
 * runtimes whose inspector is locked, and for large modules. The module must be one that a worker may import:
 * not the job's main script, which would start over there.
 *
 *     export function step(x: number) { … }
 *     export const stepTask = task<typeof step>(import.meta.url, 'step');
 *
 * @param url the URL of the module, usually `import.meta.url`
 * @param name the name under which it exports the function
 */
export function task<F extends Callable>(url: string, name: string): TaskReference<F> {
  const reference = async (...args: Parameters<F>): Promise<Awaited<ReturnType<F>>> => {
    const namespace = (await import(url)) as Readonly<Record<string, (...args: Parameters<F>) => unknown>>;
    return (await namespace[name]!(...args)) as Awaited<ReturnType<F>>;
  };
  Object.defineProperty(reference, 'name', { value: name, configurable: true });
  references.set(reference, { parent: url, specifier: url, type: '', name, property: '' });
  return reference;
}

/** What `task` made a function stand for; undefined for any other object. */
export function taskReference(value: object): ModuleReference | undefined {
  return references.get(value);
}
