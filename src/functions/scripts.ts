/** Which file does a script of this thread come from? V8 knows functions by the number of their script. */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { getCallSites } from 'node:util';
import type { Inspector } from './inspector.ts';

const FRAMES = 30;
const urls = new Map<string, string>();
let main: string | undefined;

/** The URL of a script; empty for code without a file. */
export function scriptUrl(id: string, inspector: Inspector): string {
  if (!urls.has(id)) {
    // Usually somebody up the stack, who wants the function sent, is of the same file: this costs microseconds.
    for (const { scriptId, scriptName } of getCallSites(FRAMES, { sourceMap: false })) urls.set(scriptId, scriptName);
  }
  if (!urls.has(id)) for (const [scriptId, url] of inspector.listScripts()) urls.set(scriptId, url);
  return asUrl(urls.get(id) ?? '');
}

/** The URL of the script that this process, or this thread, was started with. */
export function mainUrl(): string {
  if (main === undefined) {
    const path = process.argv[1];
    main = path === undefined ? '' : pathToFileURL(resolved(path)).href;
  }
  return main;
}

/** CommonJS scripts are known by their path. */
function asUrl(name: string): string {
  return name.startsWith('/') ? pathToFileURL(name).href : name;
}

function resolved(path: string): string {
  try {
    return realpathSync(createRequire(`${process.cwd()}/`).resolve(path));
  } catch {
    return path;
  }
}
