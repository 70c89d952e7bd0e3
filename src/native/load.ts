import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Bindings } from './bindings.ts';

/** The addon, or why there is none. */
export type Loaded =
  | { readonly addon: Bindings; readonly path: string; readonly missing: null }
  | { readonly addon: null; readonly path: string; readonly missing: string };

/** Set to `none`, it makes a process and its children do without the addon. */
export const ADDON_VARIABLE = 'ROLECALL_ADDON';

let loaded: Loaded | undefined;

/** The addon of this package, loaded once in each thread. Everything works without it; `missing` says what to do about that. */
export function loadAddon(): Loaded {
  loaded ??= load(addonPath(), process.env[ADDON_VARIABLE]);
  return loaded;
}

/** @internal */
export function load(path: string, asked: string | undefined): Loaded {
  const none = (missing: string): Loaded => ({ addon: null, path, missing });
  if (asked === 'none') return none(`${ADDON_VARIABLE} is set to none`);
  if (!existsSync(path)) {
    return none(`the package brings none for ${process.platform} on ${process.arch} (there is no ${path})`);
  }
  try {
    return { addon: createRequire(import.meta.url)(path) as Bindings, path, missing: null };
  } catch (error) {
    return none(`${path} cannot be loaded: ${(error as Error).message}`);
  }
}

/** In the built package the addon lies in a folder beside this file; the sources use that of dist/. */
function addonPath(): string {
  const name = `native/addon-${process.platform}-${process.arch}.node`;
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? `../../dist/${name}` : `./${name}`, import.meta.url));
}
