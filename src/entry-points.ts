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

/** The program that `dragon` runs. Beside this file in the built package. */
export function dragonProgram(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? './dragon/ranks.py' : './ranks.py', import.meta.url));
}
