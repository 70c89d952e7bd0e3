/**
 * acorn, loaded when the first function is read: it is a third of what a rank would have to compile at its start, and only
 * who sends a function needs it. Synchronously, because `client.submit` is.
 */
import { createRequire } from 'node:module';
import { parserModule } from '../entry-points.ts';

let loaded: typeof import('acorn') | undefined;

export function acorn(): typeof import('acorn') {
  loaded ??= createRequire(import.meta.url)(parserModule()) as typeof import('acorn');
  return loaded;
}
