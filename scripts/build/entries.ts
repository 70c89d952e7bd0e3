/** What is bundled: the name in dist/ (without `.js`), and its source. */
export const BUNDLES: Readonly<Record<string, string>> = {
  index: 'src/index.ts',
  auto: 'src/auto.ts',
  role: 'src/role.ts',
  mpi: 'src/runners/mpi/exchange-program.ts',
  thread: 'src/worker/thread.ts',
  process: 'src/worker/process.ts',
  cli: 'src/cli/main.ts',
  parser: 'node_modules/acorn/dist/acorn.mjs',
  testing: 'src/testing/index.ts',
};

/** Those that are alone in their process: what they share with others need not be in files of its own, and ranks read fewer. */
export const ALONE: readonly string[] = ['mpi', 'cli', 'parser'];

/** Whose types are published: the name under dist/types/, and its source. They are what `exports` points to. */
export const DECLARATIONS: Readonly<Record<string, string>> = {
  'types/index.d.ts': 'src/index.ts',
  'types/auto.d.ts': 'src/auto.ts',
  'types/testing/index.d.ts': 'src/testing/index.ts',
};

/** What goes into dist/ as it is. */
export const COPIES = ['src/dragon/ranks.py'];
