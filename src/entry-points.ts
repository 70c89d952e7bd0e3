import { fileURLToPath } from 'node:url';

/** The program that does MPI for a rank. */
export function mpiProgram(): string {
  return fileURLToPath(new URL('./mpi.js', import.meta.url));
}

/** The program that a rank becomes when its role is not the client's. Beside this file in the built package. */
export function roleProgram(): string {
  return fileURLToPath(new URL('./role.js', import.meta.url));
}

/** The JavaScript parser, as something to `require`. Beside this file in the built package, a file of its own. */
export function parserModule(): string {
  return import.meta.url.endsWith('.ts') ? 'acorn' : fileURLToPath(new URL('./parser.js', import.meta.url));
}

/** What turns values and functions into bytes, as something to `require`. */
export function codecModule(): string {
  return besideThis('./values/codec.ts', './codec.js');
}

/** What a client needs, as something to `require`. */
export function clientSideModule(): string {
  return besideThis('./client-side.ts', './client-side.js');
}

/** The program that `dragon` runs. Beside this file in the built package. */
export function dragonProgram(): string {
  return besideThis('./dragon/ranks.py', './ranks.py');
}

function besideThis(source: string, built: string): string {
  return fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? source : built, import.meta.url));
}
