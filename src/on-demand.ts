/**
 * Parts of this package that a process loads when it first needs them, and at once: who calls them cannot wait. A rank starts as two
 * processes, one after the other, and most ranks are no clients and read no functions.
 */
import { createRequire } from 'node:module';
import { clientSideModule, codecModule, parserModule } from './entry-points.ts';

const load = createRequire(import.meta.url);
let parser: typeof import('acorn') | undefined;
let codec: typeof import('./values/codec.ts') | undefined;
let client: typeof import('./client-side.ts') | undefined;

/** acorn: a third of what a rank would have to compile at its start. Only who sends a function needs it. */
export function acorn(): typeof import('acorn') {
  parser ??= load(parserModule()) as typeof import('acorn');
  return parser;
}

/** What turns values and functions into bytes. A rank that is no client does so only for hooks, and for errors of its own. */
export function valueCodec(): typeof import('./values/codec.ts') {
  codec ??= load(codecModule()) as typeof import('./values/codec.ts');
  return codec;
}

/** What a rank needs once it is the client's, and a client anywhere: more than half of the package. */
export function clientSide(): typeof import('./client-side.ts') {
  client ??= load(clientSideModule()) as typeof import('./client-side.ts');
  return client;
}
